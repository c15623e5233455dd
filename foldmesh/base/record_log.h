// A file of records that survives its writer: what was appended before a crash is there afterwards, and half
// a record at the end is not taken for one. After a power cut all is there but the records of the last
// seconds.
#ifndef FOLDMESH_BASE_RECORD_LOG_H_
#define FOLDMESH_BASE_RECORD_LOG_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace foldmesh::base {

// The file begins with a key, which says what the records belong to. Each record stands behind its size and
// checksum; everything after the first damaged one is cut off. The file is locked while it is open: a second
// process gets kInput. Failures to write throw kMachine and leave no half record behind.
class RecordLog {
 public:
  // Opens the file, or makes it. Records of another key are thrown away.
  RecordLog(const std::filesystem::path& path, std::string_view key);
  ~RecordLog();
  RecordLog(const RecordLog&) = delete;
  RecordLog& operator=(const RecordLog&) = delete;

  // Whether the file was there before, with this key.
  bool resumed() const { return resumed_; }
  // Passes on the records that were there when the file was opened; the views are valid during the call.
  void replay(const std::function<void(std::string_view)>& f) const;
  // The record is in the hands of the operating system when this returns. It is on disk after sync(), or with
  // the first append() that is more than kSyncSeconds, and more than kSyncShare times as long as a sync
  // takes, after the last one: a slow disk must not hold up the work. Thread-safe.
  void append(std::string_view record);
  // All records appended so far are on disk when this returns. Thread-safe.
  void sync();

  static constexpr double kSyncSeconds = 2, kSyncShare = 200;

 private:
  class Reader;
  using Clock = std::chrono::steady_clock;
  void open_locked();
  void write(const std::string& bytes);
  bool must_sync();

  std::string path_;
  int fd_ = -1;
  bool resumed_ = false;
  uint64_t first_ = 0, old_end_ = 0;  // the records that were there: after the key, up to the last whole one
  std::mutex mutex_;                  // guards end_ and the order of writes
  uint64_t end_ = 0;
  std::mutex sync_mutex_;  // guards the fields below
  bool syncing_ = false;
  Clock::time_point last_sync_;  // its end
  Clock::duration sync_time_{};
};

}  // namespace foldmesh::base

#endif  // FOLDMESH_BASE_RECORD_LOG_H_
