#include "foldmesh/features/complex_features.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/features/chain_pairing.h"
#include "foldmesh/features/feature_config.h"

namespace foldmesh::features {
namespace {

// Rows of one alignment over the residues of one chain or of several.
struct Block {
  int64_t n_res = 0, n_seq = 0;
  std::vector<uint8_t> msa;  // HHblits ids
  std::vector<int32_t> deletions;

  std::string_view row(int64_t r) const {
    return {reinterpret_cast<const char*>(msa.data()) + r * n_res, static_cast<size_t>(n_res)};
  }
  bool is_gap_row(int64_t r) const {
    return row(r).find_first_not_of(static_cast<char>(bio::kHhblitsGap)) == std::string_view::npos;
  }
};

// Rows of `from` by number; kNoRow is a row of gaps.
Block rows_of(const RawFeatures& from, std::span<const int32_t> rows) {
  Block block{.n_res = from.n_res(), .n_seq = static_cast<int64_t>(rows.size()), .msa = {}, .deletions = {}};
  const auto n = static_cast<size_t>(block.n_res);
  for (const int32_t row : rows) {
    if (row == kNoRow) {
      block.msa.insert(block.msa.end(), n, static_cast<uint8_t>(bio::kHhblitsGap));
      block.deletions.insert(block.deletions.end(), n, 0);
      continue;
    }
    const auto at = static_cast<ptrdiff_t>(static_cast<size_t>(row) * n);
    block.msa.insert(block.msa.end(), from.msa.begin() + at, from.msa.begin() + at + block.n_res);
    block.deletions.insert(block.deletions.end(), from.deletions.begin() + at,
                           from.deletions.begin() + at + block.n_res);
  }
  return block;
}

// A chain in AlphaFold's order.
struct OrderedChain {
  size_t input = 0;  // among the user's chains
  int32_t entity = 0, copy = 0;
};

std::vector<OrderedChain> order_chains(std::span<const ComplexChain> chains) {
  std::map<std::string_view, int32_t> entities;
  std::vector<std::vector<OrderedChain>> by_entity;
  for (size_t c = 0; c < chains.size(); ++c) {
    const auto next = static_cast<int32_t>(entities.size()) + 1;
    const int32_t entity = entities.try_emplace(chains[c].msa->sequence, next).first->second;
    by_entity.resize(entities.size());
    std::vector<OrderedChain>& copies = by_entity[static_cast<size_t>(entity) - 1];
    copies.push_back({c, entity, static_cast<int32_t>(copies.size()) + 1});
  }
  std::vector<OrderedChain> ordered;
  for (const auto& copies : by_entity) ordered.insert(ordered.end(), copies.begin(), copies.end());
  return ordered;
}

class Merger {
 public:
  Merger(const std::string& name, std::span<const ComplexChain> chains)
      : chains_(chains), ordered_(order_chains(chains)) {
    out_.name = name;
  }

  ComplexFeatures merge() {
    add_residues();
    const bool several_entities = ordered_.back().entity > 1;
    if (several_entities) pair();
    add_unpaired(several_entities);
    append_rows(several_entities);
    add_templates();
    return std::move(out_);
  }

 private:
  const ComplexChain& chain(size_t ordered) const { return chains_[ordered_[ordered].input]; }

  void add_residues() {
    for (size_t c = 0; c < ordered_.size(); ++c) {
      const RawFeatures& msa = *chain(c).msa;
      out_.chain_ids.push_back(chain(c).id);
      out_.input_order.push_back(static_cast<int32_t>(ordered_[c].input));
      first_residue_.push_back(out_.n_res());
      out_.sequence += msa.sequence;
      const auto n = static_cast<size_t>(msa.n_res());
      out_.residue_index.insert(out_.residue_index.end(), msa.residue_index.begin(), msa.residue_index.end());
      out_.asym_id.insert(out_.asym_id.end(), n, static_cast<int32_t>(c) + 1);
      out_.entity_id.insert(out_.entity_id.end(), n, ordered_[c].entity);
      out_.sym_id.insert(out_.sym_id.end(), n, ordered_[c].copy);
    }
  }

  // paired_[c]: as many rows for every chain.
  void pair() {
    const bool has_given = std::all_of(chains_.begin(), chains_.end(),
                                       [](const ComplexChain& c) { return c.paired != nullptr; });
    const bool has_uniprot = std::all_of(chains_.begin(), chains_.end(),
                                         [](const ComplexChain& c) { return c.uniprot != nullptr; });
    const auto source = [&](size_t c) -> const RawFeatures& {
      return has_given ? *chain(c).paired : has_uniprot ? *chain(c).uniprot : *chain(c).msa;
    };
    std::vector<std::vector<int32_t>> pairs;
    if (has_given) {
      for (int32_t row = 0; row < source(0).n_seq; ++row) pairs.emplace_back(ordered_.size(), row);
    } else if (has_uniprot) {
      std::vector<const RawFeatures*> alignments;
      for (size_t c = 0; c < ordered_.size(); ++c) alignments.push_back(&source(c));
      pairs = pair_rows(alignments);
    } else {
      pairs = {std::vector<int32_t>(ordered_.size(), 0)};
    }
    constexpr size_t kMostPaired = kMostComplexRows / 2;
    for (size_t c = 0; c < ordered_.size(); ++c) {
      std::vector<int32_t> rows;
      for (const auto& each : pairs) rows.push_back(each[c]);
      // Rows that crop leaves out still count as duplicates of unpaired ones.
      const Block all = rows_of(source(c), rows);
      std::unordered_set<std::string> seen;
      for (int64_t r = 0; r < all.n_seq; ++r) seen.emplace(all.row(r));
      paired_texts_.push_back(std::move(seen));
      rows.resize(std::min(rows.size(), kMostPaired));
      paired_.push_back(rows_of(source(c), rows));
    }
  }

  // One block for each entity, over all its copies.
  void add_unpaired(bool several_entities) {
    for (size_t c = 0; c < ordered_.size(); ++c) {
      if (ordered_[c].copy > 1) continue;
      const RawFeatures& msa = *chain(c).msa;
      int64_t most = kMostComplexRows;
      std::vector<int32_t> rows;
      for (int32_t row = 0; row < msa.n_seq; ++row) {
        const std::string text(reinterpret_cast<const char*>(msa.msa.data()) + row * msa.n_res(),
                               static_cast<size_t>(msa.n_res()));
        if (!several_entities || !paired_texts_[c].contains(text)) rows.push_back(row);
      }
      if (several_entities) {
        for (int64_t r = 0; r < paired_[c].n_seq; ++r) most -= !paired_[c].is_gap_row(r);
      }
      rows.resize(std::min(rows.size(), static_cast<size_t>(std::max<int64_t>(most, 0))));
      unpaired_.push_back(rows_of(msa, rows));
    }
  }

  void append_rows(bool several_entities) {
    if (several_entities) {
      out_.n_paired = paired_.front().n_seq;
      for (int64_t r = 0; r < out_.n_paired; ++r) {
        add_empty_row();
        for (size_t c = 0; c < ordered_.size(); ++c) write(paired_[c], r, first_residue_[c]);
        out_.is_favoured.push_back(r == 0);
      }
    }
    for (size_t entity = 0; entity < unpaired_.size(); ++entity) {
      for (int64_t r = 0; r < unpaired_[entity].n_seq; ++r) {
        add_empty_row();
        for (size_t c = 0; c < ordered_.size(); ++c) {
          if (ordered_[c].entity == static_cast<int32_t>(entity) + 1)
            write(unpaired_[entity], r, first_residue_[c]);
        }
        out_.is_favoured.push_back(!several_entities && r == 0);
      }
    }
  }

  void add_empty_row() {
    const auto n = static_cast<size_t>(out_.n_res());
    out_.msa.insert(out_.msa.end(), n, static_cast<uint8_t>(bio::kRestypeGap));
    out_.deletions.insert(out_.deletions.end(), n, 0);
    out_.may_mask.insert(out_.may_mask.end(), n, 0);
    ++out_.n_seq;
  }

  // Row r of a chain's block into the last row.
  void write(const Block& from, int64_t r, int64_t first_residue) {
    const int64_t at = (out_.n_seq - 1) * out_.n_res() + first_residue;
    for (int64_t i = 0; i < from.n_res; ++i) {
      const auto to = static_cast<size_t>(at + i), source = static_cast<size_t>(r * from.n_res + i);
      out_.msa[to] = bio::kHhblitsToRestype[from.msa[source]];
      out_.deletions[to] = from.deletions[source];
      out_.may_mask[to] = 1;
    }
  }

  void add_templates() {
    const bool any = std::any_of(chains_.begin(), chains_.end(),
                                 [](const ComplexChain& c) { return !c.msa->templates.empty(); });
    if (!any) return;
    const int64_t n = out_.n_res(), slots = kMaxTemplates;
    out_.n_templates = slots;
    out_.template_aatype = tensor::Tensor(tensor::DType::kI32, {slots, n});
    out_.template_positions = tensor::Tensor(tensor::DType::kF32, {slots, n, bio::kNumAtom37, 3});
    out_.template_mask = tensor::Tensor(tensor::DType::kF32, {slots, n, bio::kNumAtom37});
    for (size_t c = 0; c < ordered_.size(); ++c) {
      const auto& templates = chain(c).msa->templates;
      for (size_t t = 0; t < std::min(templates.size(), static_cast<size_t>(slots)); ++t) {
        const int64_t at = static_cast<int64_t>(t) * n + first_residue_[c];
        std::transform(templates[t].aatype.begin(), templates[t].aatype.end(),
                       out_.template_aatype.as<int32_t>() + at,
                       [](uint8_t id) { return bio::kHhblitsToRestype[id]; });
        std::copy(templates[t].positions.begin(), templates[t].positions.end(),
                  out_.template_positions.as<float>() + at * bio::kNumAtom37 * 3);
        std::copy(templates[t].masks.begin(), templates[t].masks.end(),
                  out_.template_mask.as<float>() + at * bio::kNumAtom37);
      }
    }
  }

  std::span<const ComplexChain> chains_;
  std::vector<OrderedChain> ordered_;
  std::vector<int64_t> first_residue_;  // by ordered chain, as the next ones
  std::vector<Block> paired_;
  std::vector<std::unordered_set<std::string>> paired_texts_;
  std::vector<Block> unpaired_;  // by entity
  ComplexFeatures out_;
};

}  // namespace

ComplexFeatures make_complex(const std::string& name, std::span<const ComplexChain> chains) {
  if (chains.empty()) base::throw_input("{}: a complex without chains", base::printable(name));
  return Merger(name, chains).merge();
}

}  // namespace foldmesh::features
