#include "foldmesh/hmm/domains/alignment.h"

#include <cctype>

namespace foldmesh::hmm {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

char annotation(const std::string& line, int k) { return line.empty() ? ' ' : line[k - 1]; }

char match_symbol(const Profile& profile, int k, bio::Code x, char consensus) {
  if (x == bio::code_of(consensus)) return consensus;
  return profile.match_odds(x)[k] > 1.0f ? '+' : ' ';
}

}  // namespace

char posterior_letter(float probability) {
  const double p = probability + 0.05;  // in double: decides letters at the borders
  return p < 1.0 ? static_cast<char>('0' + static_cast<int>(p * 10.0)) : '*';
}

float posterior_value(char letter) {
  if (letter == '*') return 1.0f;
  if (letter == '0') return 0.01f;
  return letter == '.' ? 0.0f : static_cast<float>(letter - '0') / 10.0f;
}

DomainAlignment render_alignment(const Profile& profile, std::span<const bio::Code> target,
                                 const std::vector<AlignmentStep>& steps, int offset) {
  const CoreModel& core = profile.core();
  DomainAlignment text;
  text.hmm_from = steps.front().k;
  text.hmm_to = steps.back().k;
  text.seq_from = steps.front().i + offset;
  text.seq_to = steps.back().i + offset;
  for (const AlignmentStep& step : steps) {
    const bool insert = step.state == AlignmentState::kInsert, gap = step.state == AlignmentState::kDelete;
    const bio::Code x = target[step.i - 1];
    const char consensus = annotation(core.consensus, step.k);
    text.model += insert ? '.' : consensus;
    text.match += insert || gap ? ' ' : match_symbol(profile, step.k, x, consensus);
    text.aligned += gap ? '-' : insert ? lower(bio::symbol_of(x)) : bio::symbol_of(x);
    text.pp += gap ? '.' : posterior_letter(step.posterior);
    if (!core.rf.empty()) text.rf += insert ? '.' : annotation(core.rf, step.k);
    if (!core.cs.empty()) text.cs += insert ? '.' : annotation(core.cs, step.k);
  }
  return text;
}

}  // namespace foldmesh::hmm
