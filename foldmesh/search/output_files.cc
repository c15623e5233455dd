#include "foldmesh/search/output_files.h"

#include <cstdio>

#include "foldmesh/base/error.h"

namespace foldmesh::search {
namespace {

std::unique_ptr<base::AtomicFile> open(const std::optional<std::filesystem::path>& path) {
  return path ? std::make_unique<base::AtomicFile>(*path) : nullptr;
}

void add(const std::unique_ptr<base::AtomicFile>& file, std::string_view text) {
  if (file) file->write(text);
}

}  // namespace

OutputFiles::OutputFiles(const OutputPaths& paths)
    : main_(open(paths.main)),
      alignment_(open(paths.alignment)),
      target_table_(open(paths.target_table)),
      domain_table_(open(paths.domain_table)) {}

void OutputFiles::add_main(std::string_view text) {
  if (main_) {
    main_->write(text);
  } else if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    base::throw_machine("standard output cannot be written");
  }
}

void OutputFiles::add_alignment(std::string_view text) { add(alignment_, text); }
void OutputFiles::add_target_table(std::string_view text) { add(target_table_, text); }
void OutputFiles::add_domain_table(std::string_view text) { add(domain_table_, text); }

void OutputFiles::commit() {
  if (!main_ && std::fflush(stdout) != 0) base::throw_machine("standard output cannot be written");
  for (const auto* file : {&alignment_, &target_table_, &domain_table_, &main_}) {
    if (*file) (*file)->commit();
  }
}

}  // namespace foldmesh::search
