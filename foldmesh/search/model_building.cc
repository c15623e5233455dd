#include "foldmesh/search/model_building.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/bio/alphabet.h"
#include "foldmesh/hmm/hmm_file.h"
#include "foldmesh/search/main_output.h"

namespace foldmesh::search {
namespace {

// Alignments are read and modelled so many at a time.
constexpr size_t kBatch = 64;

// Protein alignments of nothing but these letters are nucleotides mistaken for protein.
void check_is_protein(const bio::Msa& msa) {
  constexpr std::string_view kNucleotides = "ACGTUNacgtun";
  constexpr size_t kEnough = 20;
  size_t n_residues = 0;
  for (const bio::MsaRow& row : msa.rows) {
    for (char c : row.aligned) {
      if (!bio::is_residue(bio::code_of(c))) continue;
      if (kNucleotides.find(c) == std::string_view::npos) return;
      ++n_residues;
    }
  }
  if (n_residues >= kEnough) {
    base::throw_input("alignment {}: looks like nucleotides (if it is protein, say so with --amino)",
                      base::printable(msa.name));
  }
}

bio::Sequence only_sequence(const bio::Msa& msa) {
  bio::Sequence sequence{msa.rows[0].name, "", "", ""};
  for (char c : msa.rows[0].aligned) {
    const bio::Code code = bio::code_of(c);
    if (bio::is_residue(code) || code == bio::kStop) sequence.residues += c;
  }
  return sequence;
}

hmm::CoreModel build(const bio::Msa& msa, const ModelBuildingOptions& options) {
  if (!options.is_protein) check_is_protein(msa);
  if (!options.single_by_matrix || msa.rows.size() != 1) return hmm::build_from_msa(msa, options.msa);
  hmm::CoreModel model = hmm::build_from_sequence(only_sequence(msa), options.single);
  if (options.name) model.name = *options.name;
  return model;
}

void append_summary_header(std::string& text, const RunInfo& info) {
  append_banner(text, info);
  fmt::format_to(std::back_inserter(text),
                 "#{:>4} {:<20} {:>5} {:>5} {:>5} {:>8} {:>6} {}\n"
                 "#{:-<4} {:-<20} {:-<5} {:-<5} {:-<5} {:-<8} {:-<6} {:-<11}\n",
                 "idx", "name", "nseq", "alen", "mlen", "eff_nseq", "re/pos", "description", "", "", "", "",
                 "", "", "", "");
}

}  // namespace

std::string build_models(const std::filesystem::path& input, AlignmentFormat format,
                         const std::filesystem::path& output, const ModelBuildingOptions& options,
                         const RunInfo& info, base::ThreadPool& pool) {
  AlignmentReader reader(input, format);
  std::optional<base::AtomicFile> file;
  if (output != "-") file.emplace(output);
  std::string summary;
  append_summary_header(summary, info);
  size_t n_done = 0;
  std::optional<bio::Msa> ahead = reader.next();
  if (!ahead) base::throw_input("{}: holds no alignment", reader.path());
  while (ahead) {
    std::vector<bio::Msa> batch;
    while (ahead && batch.size() < kBatch) {
      bio::Msa msa = std::exchange(ahead, reader.next()).value();
      const bool is_only = n_done == 0 && batch.empty() && !ahead;
      if (options.name && !is_only)
        base::throw_input("{}: -n names one model, but there are several", reader.path());
      if (options.name) msa.name = *options.name;
      if (msa.name.empty() && is_only) msa.name = input.stem();
      if (msa.name.empty()) {
        base::throw_input(
            "{}: alignment {} has no name (expected '#=GF ID', as there are several alignments)",
            reader.path(), n_done + batch.size() + 1);
      }
      batch.push_back(std::move(msa));
    }
    std::vector<hmm::CoreModel> models(batch.size());
    pool.parallel_for(static_cast<int64_t>(batch.size()), [&](int64_t i, int) {
      try {
        models[i] = build(batch[i], options);
      } catch (const base::Error& error) {
        if (error.kind() == base::ErrorKind::kInput) base::throw_input("{}: {}", reader.path(), error.what());
        throw;
      }
    });
    for (size_t i = 0; i < batch.size(); ++i) {
      hmm::CoreModel& model = models[i];
      model.date = info.date;
      std::string text;
      hmm::append_hmm(text, model, fmt::format("{} {}", info.program, info.version));
      if (file) {
        file->write(text);
      } else {
        std::fwrite(text.data(), 1, text.size(), stdout);
      }
      fmt::format_to(std::back_inserter(summary), "{:<5} {:<20} {:5} {:5} {:5} {:8.2f} {:6.3f} {}\n",
                     ++n_done, model.name, model.n_seq, batch[i].n_columns(), model.M, model.eff_n_seq,
                     hmm::mean_relative_entropy(model), model.description);
    }
  }
  if (file) file->commit();
  return summary;
}

}  // namespace foldmesh::search
