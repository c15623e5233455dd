// The packed database. The first input byte chooses: the rest is a file; or FASTA, which must come back out
// of a database; or changes to a sound database whose checksums are then made right again, so that the checks
// behind the checksums are reached. Whatever opens and verifies must be safe to walk through.
#include <cstring>
#include <filesystem>

#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/seqdb/extract.h"
#include "foldmesh/seqdb/reader.h"
#include "foldmesh/seqdb/verify.h"
#include "foldmesh/seqdb/writer.h"
#include "fuzz/fuzzing.h"

using namespace foldmesh;

namespace {

// In a folder that is memory where there is one: every input makes a file.
std::filesystem::path scratch_file() {
  const std::filesystem::path memory = "/dev/shm";
  const auto folder = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  return folder / ("fuzz_seqdb_" + std::to_string(::getpid()));
}

std::string build(std::string_view fasta) {
  const std::filesystem::path path = scratch_file();
  const fuzz::MemoryFile input(fasta);
  {
    seqdb::DatabaseWriter writer(path);
    seqdb::add_fasta(writer, input.path(), {.max_residues = 100'000, .allow_empty = true});
    writer.commit();
  }
  std::string bytes = base::read_file(path);
  std::filesystem::remove(path);
  return bytes;
}

std::string to_fasta(const seqdb::Database& database) {
  std::string text;
  const seqdb::Chunk all = database.all();
  seqdb::extract_fasta(database, {&all, 1}, 50, [&](std::string_view piece) { text += piece; });
  return text;
}

// Uses a database as a search would; the sanitizers watch.
void walk(std::string_view bytes) {
  const fuzz::MemoryFile file(bytes);
  const seqdb::Database database(file.path());
  int64_t n_sequences = 0, n_residues = 0;
  uint64_t checksum = 0;
  database.for_each(database.all(), [&](int64_t, const seqdb::SequenceView& view) {
    for (bio::Code code : view.residues)
      fuzz::require(bio::is_residue(code) || code == bio::kStop, "codes are residues");
    fuzz::require(std::ssize(view.residues) <= database.longest(), "no sequence is longer than the longest");
    // The 64 bytes after the end may be loaded.
    checksum += base::hash64(view.residues.data() - 1, view.residues.size() + 1 + seqdb::kAreaTail);
    checksum += base::hash64(view.name.data(), view.name.size() + view.description.size());
    ++n_sequences;
    n_residues += std::ssize(view.residues);
  });
  fuzz::require(n_sequences == database.n_sequences() && n_residues == database.n_residues(),
                "totals are right");
  for (const int64_t target : {int64_t{1}, int64_t{20}, int64_t{1} << 40}) {
    int64_t next = 0;
    for (const seqdb::Chunk& chunk : database.chunks(target)) {
      fuzz::require(chunk.first == next && chunk.n_sequences > 0, "chunks follow one another");
      next += chunk.n_sequences;
    }
    fuzz::require(next == database.n_sequences(), "chunks cover everything");
  }
  seqdb::verify(database);
  if (n_sequences > 0 && database.n_blocks() == 1)
    fuzz::require(build(to_fasta(database)) == bytes, "the same database from its FASTA");
}

void seal(std::string& bytes) {
  seqdb::FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  const uint64_t directory = header.directory_offset;
  if (directory <= bytes.size()) {
    for (uint64_t at = directory; bytes.size() - at >= sizeof(seqdb::DirectoryEntry);
         at += sizeof(seqdb::DirectoryEntry)) {
      seqdb::DirectoryEntry entry;
      std::memcpy(&entry, bytes.data() + at, sizeof entry);
      if (entry.offset > bytes.size() || entry.bytes > bytes.size() - entry.offset) continue;
      entry.checksum = base::hash64(bytes.data() + entry.offset, entry.bytes);
      std::memcpy(bytes.data() + at, &entry, sizeof entry);
    }
    header.directory_checksum = base::hash64(bytes.data() + directory, bytes.size() - directory);
  }
  header.header_checksum = base::hash64(&header, offsetof(seqdb::FileHeader, header_checksum));
  std::memcpy(bytes.data(), &header, sizeof header);
}

// Each four bytes of `edits` put one byte at a place that is counted from the start of the header, the first
// block or the directory.
std::string forge(std::string_view edits) {
  static const std::string sound = build(">a one\nMKVLA\n>b\n\n>c two words\n" + std::string(90, 'W') + "\n");
  std::string bytes = sound;
  const size_t bases[] = {0, seqdb::kPageBytes, bytes.size() - sizeof(seqdb::DirectoryEntry)};
  const size_t n_edits = edits.size() / 4;
  for (size_t i = 0; i < n_edits; ++i) {
    const auto* e = reinterpret_cast<const unsigned char*>(edits.data()) + 4 * i;
    const size_t at = bases[e[0] % 3] + e[1] + 256u * (e[2] % 16);
    if (at < bytes.size()) bytes[at] = static_cast<char>(e[3]);
  }
  seal(bytes);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  fuzz::refusing_only_input([&] {
    switch (data[0] % 3) {
      case 0:
        walk(rest);
        break;
      case 1:
        walk(build(rest));
        break;
      default:
        walk(forge(rest));
    }
  });
  return 0;
}
