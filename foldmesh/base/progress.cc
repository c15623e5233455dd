#include "foldmesh/base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <exception>

namespace foldmesh::base {
namespace {

ProgressStyle g_style = ProgressStyle::kAuto;

std::string with_commas(int64_t n) {
  std::string digits = std::to_string(n);
  for (auto i = static_cast<int64_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<size_t>(i), ",");
  }
  return digits;
}

std::string clock_time(double seconds) {
  const auto s = static_cast<int64_t>(std::llround(seconds));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace

void set_progress_style(ProgressStyle style) { g_style = style; }

Progress::Progress(std::string stage, std::string unit, int64_t total)
    : stage_(std::move(stage)),
      unit_(std::move(unit)),
      total_(total),
      exceptions_at_start_(std::uncaught_exceptions()),
      terminal_(::isatty(STDERR_FILENO) != 0),
      quiet_(g_style == ProgressStyle::kQuiet),
      start_(std::chrono::steady_clock::now()),
      last_print_(start_) {}

Progress::~Progress() {
  if (std::uncaught_exceptions() == exceptions_at_start_) {
    finish();
  } else if (terminal_ && !quiet_ && !finished_) {
    fmt::print(stderr, "\r\033[K");
  }
}

void Progress::advance(int64_t n) {
  done_ += n;
  if (quiet_) return;
  const auto now = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || finished_) return;
  if (now - last_print_ < std::chrono::milliseconds(terminal_ ? 200 : 10000)) return;
  last_print_ = now;
  print(false);
}

void Progress::finish() {
  std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  if (!quiet_) print(true);
}

std::string Progress::line(const std::string& stage, const std::string& unit, int64_t done, int64_t total,
                           double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0.0;
  const std::string rate_text = rate >= 100 ? with_commas(std::llround(rate)) : fmt::format("{:.3g}", rate);
  if (total <= 0) {
    return fmt::format("{}  {} {}, {}/s, {}", stage, with_commas(done), unit, rate_text, clock_time(seconds));
  }
  const double percent = 100.0 * static_cast<double>(done) / static_cast<double>(total);
  const std::string when = done >= total ? fmt::format("took {}", clock_time(seconds))
                           : rate > 0
                               ? fmt::format("ETA {}", clock_time(static_cast<double>(total - done) / rate))
                               : std::string("ETA unknown");
  return fmt::format("{}  {:.0f} % ({}/{} {}, {}/s, {})", stage, percent, with_commas(done),
                     with_commas(total), unit, rate_text, when);
}

void Progress::print(bool last) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const std::string text = line(stage_, unit_, done_, total_, seconds);
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}{}", text, last ? "\n" : "");
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
}

}  // namespace foldmesh::base
