#include "foldmesh/structio/structure_reader.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/byte_source.h"
#include "foldmesh/structio/checks.h"
#include "foldmesh/structio/formats.h"

namespace foldmesh::structio {
namespace {

// The PDB's largest files are half of it; bounds what damaged or hostile ones can take.
constexpr size_t kMostText = size_t{512} << 20;

std::string read_text(const std::filesystem::path& path) {
  const std::unique_ptr<seqio::ByteSource> source = seqio::open_bytes(path);
  constexpr size_t kChunk = size_t{1} << 20;
  std::string text;
  for (;;) {
    const size_t size = text.size();
    text.resize(size + kChunk);
    const size_t n = source->read(text.data() + size, kChunk);
    text.resize(size + n);
    if (n == 0) return text;
    if (text.size() > kMostText) {
      base::throw_input("{}: has more than {} MiB of text, which no structure has", source->name(),
                        kMostText >> 20);
    }
  }
}

// By the first line that is not a comment.
bool is_cif(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t' || line.front() == '\r')) {
      line.remove_prefix(1);
    }
    if (!line.empty() && line.front() != '#') {
      return line.size() >= 5 && (line[0] | 0x20) == 'd' && (line[1] | 0x20) == 'a' &&
             (line[2] | 0x20) == 't' && (line[3] | 0x20) == 'a' && line[4] == '_';
    }
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return false;
}

constexpr int kOxt = bio::kNumAtom37 - 1;

// Of a residue without a type what alanine has: a model of an unknown residue stops there.
bool belongs_to(int type, int atom) {
  return bio::kAtom37Mask[type == bio::kRestypeX ? bio::restype_of('A') : type][atom] != 0;
}

int type_of(char letter) {
  const int id = bio::hhblits_id(letter);
  const int type = id < 0 ? bio::kRestypeX : bio::kHhblitsToRestype[id];
  return std::min(type, bio::kRestypeX);
}

bool numbers_ascend(const EntryChain& chain) {
  const EntryResidue* last = nullptr;
  for (const EntryResidue& residue : chain.residues) {
    if (!residue.observed) continue;
    if (last != nullptr && residue.author_number <= last->author_number) return false;
    last = &residue;
  }
  return true;
}

void append(const EntryChain& chain, const std::string& id, bio::Structure& out) {
  const bool as_numbered = numbers_ascend(chain);
  const auto chain_index = static_cast<int>(out.chain_ids.size());
  out.chain_ids.push_back(id);
  for (size_t i = 0; i < chain.residues.size(); ++i) {
    const EntryResidue& residue = chain.residues[i];
    if (!residue.observed) continue;
    const int type = type_of(residue.letter);
    out.aatype.push_back(type);
    out.residue_index.push_back(as_numbered ? residue.author_number - 1 : static_cast<int>(i));
    out.chain_index.push_back(chain_index);
    out.plddt.push_back(residue.b_factor);
    auto& position = out.atom_position.emplace_back();
    auto& mask = out.atom_mask.emplace_back();
    for (int a = 0; a < bio::kNumAtom37; ++a) {
      const bool belongs = belongs_to(type, a) || a == kOxt;
      const bool is_there = residue.mask[a] != 0 && belongs;
      mask[a] = is_there ? 1 : 0;
      position[a] = is_there ? residue.position[a] : std::array<float, 3>{};
    }
  }
}

bool is_plain(const std::string& id) {
  return std::all_of(id.begin(), id.end(), [](unsigned char c) { return c < 128 && std::isalnum(c) != 0; });
}

// Of all chains, author ids or else label ids, where these are letters and digits and no two are equal; else
// A, B, C, ...
std::vector<std::string> chain_names(const Entry& entry) {
  std::vector<std::string> names;
  for (std::string EntryChain::*id : {&EntryChain::author_id, &EntryChain::label_id}) {
    names.clear();
    for (const EntryChain& chain : entry.chains) names.push_back(chain.*id);
    const bool unique = std::set<std::string>(names.begin(), names.end()).size() == names.size();
    if (unique && std::all_of(names.begin(), names.end(), is_plain)) return names;
  }
  for (size_t c = 0; c < names.size(); ++c) {
    names[c].clear();
    for (size_t rest = c + 1; rest > 0; rest = (rest - 1) / 26) {
      names[c].insert(names[c].begin(), static_cast<char>('A' + (rest - 1) % 26));
    }
  }
  return names;
}

}  // namespace

Entry parse_structure(std::string_view text, const std::string& path) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  const std::string_view head = text.substr(0, 200);
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff") ||
      head.find('\0') != std::string_view::npos) {
    base::throw_input("{}: is UTF-16 text or no text at all (expected ASCII or UTF-8; iconv converts)", path);
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    base::throw_input("{}: is empty (expected a structure)", path);
  }
  Entry entry = is_cif(text) ? parse_mmcif(text, path) : parse_pdb(text, path);
  entry.untrained = text.find(kUntrainedNote) != std::string_view::npos;
  return entry;
}

Entry read_structure(const std::filesystem::path& path) {
  return parse_structure(read_text(path), path.string());
}

const EntryChain* find_chain(const Entry& entry, std::string_view id) {
  for (const EntryChain& chain : entry.chains) {
    if (chain.author_id == id) return &chain;
  }
  for (const EntryChain& chain : entry.chains) {
    if (chain.label_id == id) return &chain;
  }
  return nullptr;
}

std::vector<std::string> changes(const Entry& entry) {
  constexpr size_t kMostNamed = 10;
  std::vector<std::string> out;
  for (const EntryChain& chain : entry.chains) {
    const std::string name = base::printable(chain.author_id);
    if (!numbers_ascend(chain)) {
      out.push_back(fmt::format(
          "chain {}: numbers do not ascend (insertion codes?); residues are counted along its sequence",
          name));
    }
    std::string modified;
    size_t n_modified = 0;
    for (const EntryResidue& residue : chain.residues) {
      if (!residue.observed) continue;
      const std::string_view type = bio::kRestypeNames3[static_cast<size_t>(type_of(residue.letter))];
      if (residue.name == type || ++n_modified > kMostNamed) continue;
      modified += fmt::format("{}{} {} as {}", modified.empty() ? "" : ", ", base::printable(residue.name),
                              residue.author_number, type);
    }
    if (n_modified > kMostNamed) modified += fmt::format(" and {} more", n_modified - kMostNamed);
    if (n_modified > 0) out.push_back(fmt::format("chain {}: {}", name, modified));
  }
  return out;
}

bio::Structure to_structure(const Entry& entry, const EntryChain* chain) {
  bio::Structure out;
  const std::vector<std::string> ids = chain_names(entry);
  for (size_t c = 0; c < entry.chains.size(); ++c) {
    if (chain == nullptr || chain == &entry.chains[c]) append(entry.chains[c], ids[c], out);
  }
  return out;
}

}  // namespace foldmesh::structio
