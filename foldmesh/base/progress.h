// Progress of one long stage: `search  42 % (12,600/30,000 targets, 3,100/s, ETA 0:06)`.
// On a terminal one line is redrawn; elsewhere a plain line appears at most every 10 seconds; quiet prints
// nothing.
#ifndef FOLDMESH_BASE_PROGRESS_H_
#define FOLDMESH_BASE_PROGRESS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace foldmesh::base {

enum class ProgressStyle { kAuto, kQuiet };
// What a Progress made later does by default; set once by main from --quiet.
void set_progress_style(ProgressStyle style);

// advance() may be called from any thread.
class Progress {
 public:
  // `total` 0 means unknown: no percentage and no ETA.
  Progress(std::string stage, std::string unit, int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(int64_t n);
  // Prints the closing line; called by the destructor if need be, but not when an exception destroys the
  // object: then its message is all that shall be read.
  void finish();

  // The text of the line, exposed for tests.
  static std::string line(const std::string& stage, const std::string& unit, int64_t done, int64_t total,
                          double seconds);

 private:
  void print(bool last);

  std::string stage_, unit_;
  int64_t total_;
  int exceptions_at_start_;
  bool terminal_, quiet_, finished_ = false;
  std::chrono::steady_clock::time_point start_, last_print_;
  std::atomic<int64_t> done_{0};
  std::mutex mutex_;  // guards last_print_, finished_ and the terminal
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_PROGRESS_H_
