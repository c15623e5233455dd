#include "foldmesh/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace foldmesh::base {

void set_up_log(Verbosity verbosity) {
  auto logger = spdlog::stderr_color_mt("foldmesh");
  logger->set_pattern("%H:%M:%S %^%l%$ %v");
  spdlog::set_default_logger(logger);
  spdlog::set_level(verbosity == Verbosity::kQuiet     ? spdlog::level::warn
                    : verbosity == Verbosity::kVerbose ? spdlog::level::debug
                                                       : spdlog::level::info);
}

}  // namespace foldmesh::base
