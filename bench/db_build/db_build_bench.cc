// How fast FASTA becomes a packed database, next to what the machine could do at best (reading and copying
// the same bytes) and to other programs' database builders that are installed. One thread; the file is in the
// page cache.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/base/rng.h"
#include "foldmesh/base/version.h"
#include "foldmesh/seqdb/reader.h"
#include "foldmesh/seqdb/verify.h"
#include "foldmesh/seqdb/writer.h"
#include "foldmesh/seqio/byte_source.h"

namespace foldmesh {
namespace {

namespace fs = std::filesystem;

struct Timing {
  std::string what;
  std::string version = {};          // of another program
  double wall = 1e300, cpu = 1e300;  // seconds, the best of all rounds
};

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Other programs run as children; ours in this process.
void measure(Timing& timing, int who, const std::function<void()>& body) {
  const double cpu = cpu_seconds(who);
  const auto start = std::chrono::steady_clock::now();
  body();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  timing.wall = std::min(timing.wall, wall);
  timing.cpu = std::min(timing.cpu, cpu_seconds(who) - cpu);
}

// Like UniRef: headers of some 90 bytes, 50 to 650 residues (mean 350) at natural frequencies, lines of 60.
void write_synthetic_fasta(const fs::path& path, uint64_t bytes) {
  // A letter per thousandth, from the frequencies of UniProtKB/Swiss-Prot.
  std::string urn;
  for (const auto& [letter, per_mille] : std::vector<std::pair<char, int>>{
           {'A', 83}, {'R', 55}, {'N', 41}, {'D', 55}, {'C', 14}, {'Q', 39}, {'E', 67},
           {'G', 71}, {'H', 23}, {'I', 59}, {'L', 97}, {'K', 58}, {'M', 24}, {'F', 39},
           {'P', 47}, {'S', 66}, {'T', 54}, {'W', 11}, {'Y', 29}, {'V', 68}}) {
    urn.append(static_cast<size_t>(per_mille), letter);
  }
  base::Rng rng(1);
  base::AtomicFile file(path);
  std::string residues;
  for (uint64_t i = 0; file.size() < bytes; ++i) {
    residues.resize(50 + rng.below(601));
    for (char& c : residues) c = urn[rng.next_u32() % urn.size()];
    std::string text;
    seqio::append_fasta(text, fmt::format("UniRef90_S{:09}", i),
                        "Uncharacterized protein n=1 Tax=Synthetic organism TaxID=0 RepID=S_SYNTH", residues);
    file.write(text);
  }
  file.commit();
}

uint64_t read_pass(const fs::path& path) {
  const auto source = seqio::open_bytes(path);
  std::vector<char> buffer(size_t{1} << 18);
  uint64_t total = 0;
  while (const size_t n = source->read(buffer.data(), buffer.size())) total += n;
  return total;
}

char copy_pass(const base::MappedFile& file, std::vector<char>& copy) {
  std::memcpy(copy.data(), file.bytes().data(), copy.size());
  return copy[copy.size() / 2];
}

// First line that a command prints, or empty when it is not installed.
std::string first_line(const std::string& command) {
  std::FILE* pipe = ::popen(("(" + command + ") 2>/dev/null").c_str(), "r");
  char line[200] = {};
  if (pipe != nullptr && std::fgets(line, sizeof line, pipe) == nullptr) line[0] = '\0';
  if (pipe != nullptr) ::pclose(pipe);
  std::string text = line;
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

struct Peer {
  std::string what, version_command, command;
};

std::vector<Peer> peers(const fs::path& fasta, const fs::path& folder) {
  const std::string in = fasta.string(), out = (folder / "peer").string();
  return {
      {"mmseqs createdb", "mmseqs version",
       fmt::format("mmseqs createdb {} {} --dbtype 1 --shuffle 0 -v 0", in, out)},
      {"makeblastdb", "makeblastdb -version | grep -o '[0-9.+]*$'",
       fmt::format("makeblastdb -in {} -dbtype prot -out {}", in, out)},
      {"esl-sfetch --index", "esl-sfetch -h | grep -o 'Easel.*'",
       fmt::format("rm -f {}.ssi; esl-sfetch --index {}", in, in)},
  };
}

void report(const std::vector<Timing>& timings, double megabytes, bool json) {
  const double best = timings.front().cpu;
  if (json) {
    nlohmann::ordered_json all = {{"program", "foldmesh " + base::version_string()},
                                  {"fasta_megabytes", megabytes}};
    for (const Timing& t : timings) {
      all["results"].push_back({{"what", t.what},
                                {"version", t.version},
                                {"wall_s", t.wall},
                                {"cpu_s", t.cpu},
                                {"mb_per_s", megabytes / t.wall},
                                {"mb_per_cpu_s", megabytes / t.cpu}});
    }
    fmt::print("{}\n", all.dump(2));
    return;
  }
  fmt::print("{:.0f} MB of FASTA, best of the rounds\n", megabytes);
  fmt::print("{:<34} {:>9} {:>9} {:>11} {:>14} {:>13}\n", "", "wall s", "CPU s", "MB/s", "MB/s of CPU",
             "CPU x read");
  for (const Timing& t : timings) {
    fmt::print("{:<34} {:>9.3f} {:>9.3f} {:>11.0f} {:>14.0f} {:>13.2f}\n",
               t.version.empty() ? t.what : fmt::format("{} ({})", t.what, t.version), t.wall, t.cpu,
               megabytes / t.wall, megabytes / t.cpu, t.cpu / best);
  }
}

void run(uint64_t megabytes, int rounds, const fs::path& folder, bool json) {
  const fs::path fasta = folder / "synthetic.fasta", database = folder / "synthetic.fmdb";
  write_synthetic_fasta(fasta, megabytes * 1'000'000);
  const base::MappedFile mapped(fasta);
  std::vector<char> copy(mapped.bytes().size());

  std::vector<Timing> timings = {{"read the FASTA file"},
                                 {"memcpy the FASTA file"},
                                 {"foldmesh db build, no sync"},
                                 {"foldmesh db build"},
                                 {"foldmesh db verify"}};
  std::vector<Peer> installed;
  for (const Peer& peer : peers(fasta, folder)) {
    const std::string version = first_line(peer.version_command);
    if (version.empty()) continue;
    installed.push_back(peer);
    timings.push_back({peer.what, version});
  }
  for (int round = 0; round < rounds; ++round) {
    measure(timings[0], RUSAGE_SELF, [&] { read_pass(fasta); });
    measure(timings[1], RUSAGE_SELF, [&] { copy_pass(mapped, copy); });
    {
      // Everything but the commit, which waits for the disk.
      seqdb::DatabaseWriter writer(database);
      measure(timings[2], RUSAGE_SELF, [&] { seqdb::add_fasta(writer, fasta, {}); });
    }
    measure(timings[3], RUSAGE_SELF, [&] {
      seqdb::DatabaseWriter writer(database);
      seqdb::add_fasta(writer, fasta, {});
      writer.commit();
    });
    measure(timings[4], RUSAGE_SELF, [&] { seqdb::verify(seqdb::Database(database)); });
    for (size_t i = 0; i < installed.size(); ++i) {
      measure(timings[5 + i], RUSAGE_CHILDREN, [&] {
        if (std::system((installed[i].command + " >/dev/null 2>&1").c_str()) != 0) {
          base::throw_machine("{} failed", installed[i].what);
        }
      });
    }
  }
  report(timings, static_cast<double>(mapped.bytes().size()) / 1e6, json);
}

}  // namespace
}  // namespace foldmesh

int main(int argc, char** argv) {
  CLI::App app("Speed of `foldmesh db build`");
  uint64_t megabytes = 256;
  int rounds = 3;
  bool json = false;
  std::string parent = std::filesystem::temp_directory_path().string();
  app.add_option("--megabytes", megabytes, "Size of the FASTA file that is made")->capture_default_str();
  app.add_option("--rounds", rounds, "The best of this many counts")->capture_default_str();
  app.add_option("--folder", parent, "Where a folder for the files is made and removed")
      ->capture_default_str();
  app.add_flag("--json", json, "Print as JSON");
  CLI11_PARSE(app, argc, argv);
  const std::filesystem::path folder =
      std::filesystem::path(parent) / fmt::format("db_build_bench_{}", ::getpid());
  int status = 0;
  try {
    std::filesystem::create_directories(folder);
    foldmesh::run(megabytes, rounds, folder, json);
  } catch (const std::exception& error) {
    fmt::print(stderr, "db_build_bench: {}\n", error.what());
    status = 1;
  }
  std::filesystem::remove_all(folder);
  return status;
}
