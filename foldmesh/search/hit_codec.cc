#include "foldmesh/search/hit_codec.h"

#include <cstring>
#include <limits>

#include "foldmesh/base/bytes.h"

namespace foldmesh::search {
namespace {

using base::ByteReader;
using base::ByteWriter;

void put_domain(ByteWriter& out, const hmm::Domain& d) {
  for (const int value : {d.env_from, d.env_to, d.alignment.hmm_from, d.alignment.hmm_to,
                          d.alignment.seq_from, d.alignment.seq_to}) {
    out.put(value);
  }
  for (const float value : {d.envelope_score, d.domain_correction, d.domain_bias, d.oa_score, d.bit_score}) {
    out.put(value);
  }
  out.put(d.ln_p);
  const hmm::DomainAlignment& a = d.alignment;
  for (const std::string* text : {&a.model, &a.match, &a.aligned, &a.pp, &a.rf, &a.cs}) out.put_text(*text);
}

hmm::Domain get_domain(ByteReader& in) {
  hmm::Domain d;
  for (int* value : {&d.env_from, &d.env_to, &d.alignment.hmm_from, &d.alignment.hmm_to,
                     &d.alignment.seq_from, &d.alignment.seq_to}) {
    *value = in.get<int>();
  }
  for (float* value : {&d.envelope_score, &d.domain_correction, &d.domain_bias, &d.oa_score, &d.bit_score}) {
    *value = in.get<float>();
  }
  d.ln_p = in.get<double>();
  hmm::DomainAlignment& a = d.alignment;
  for (std::string* text : {&a.model, &a.match, &a.aligned, &a.pp, &a.rf, &a.cs}) *text = in.text();
  return d;
}

HitKey get_key(ByteReader& in) {
  HitKey key;
  in.get<uint32_t>();  // size
  key.ln_p = in.get<double>();
  key.score = in.get<float>();
  key.start = in.get<int32_t>();
  key.target_index = in.get<int64_t>();
  key.name = in.text();
  return key;
}

}  // namespace

void append_hit(std::string& bytes, const hmm::Hit& hit) {
  const size_t start = bytes.size();
  ByteWriter out(bytes);
  out.put(uint32_t{0});  // the size, known at the end
  out.put(hit.ln_p);
  out.put(hit.score);
  out.put(static_cast<int32_t>(hit.domains.empty() ? 0 : hit.domains.front().alignment.seq_from));
  out.put(hit.target_index);
  out.put_text(hit.name);
  out.put_text(hit.accession);
  out.put_text(hit.description);
  out.put(hit.target_length);
  out.put(hit.pre_score);
  out.put(hit.sum_score);
  out.put(hit.pre_ln_p);
  out.put(hit.sum_ln_p);
  out.put(hit.n_expected);
  for (const int value : {hit.n_regions, hit.n_clustered, hit.n_overlaps, hit.n_envelopes, hit.best_domain}) {
    out.put(value);
  }
  out.put(static_cast<uint32_t>(hit.domains.size()));
  for (const hmm::Domain& domain : hit.domains) put_domain(out, domain);
  const size_t size = bytes.size() - start;
  if (size > std::numeric_limits<uint32_t>::max()) {
    base::throw_machine("the hit '{}' takes {} bytes, more than can be stored", base::printable(hit.name),
                        size);
  }
  const auto stored = static_cast<uint32_t>(size);
  std::memcpy(bytes.data() + start, &stored, sizeof stored);
}

size_t hit_size(std::string_view bytes) {
  return bytes.size() < kHitHead ? 0 : ByteReader(bytes).get<uint32_t>();
}

std::string_view next_hit(std::string_view& bytes) {
  const size_t size = hit_size(bytes);
  ByteReader in(bytes);
  const std::string_view hit = in.take(std::max(size, kHitHead));
  bytes = in.rest();
  return hit;
}

HitKey key_of(std::string_view hit) {
  ByteReader in(hit);
  return get_key(in);
}

hmm::Hit decode_hit(std::string_view bytes) {
  ByteReader in(bytes);
  const HitKey key = get_key(in);
  hmm::Hit hit;
  hit.name = key.name;
  hit.ln_p = key.ln_p;
  hit.score = key.score;
  hit.target_index = key.target_index;
  hit.accession = in.text();
  hit.description = in.text();
  hit.target_length = in.get<int64_t>();
  hit.pre_score = in.get<float>();
  hit.sum_score = in.get<float>();
  hit.pre_ln_p = in.get<double>();
  hit.sum_ln_p = in.get<double>();
  hit.n_expected = in.get<float>();
  for (int* value : {&hit.n_regions, &hit.n_clustered, &hit.n_overlaps, &hit.n_envelopes, &hit.best_domain}) {
    *value = in.get<int>();
  }
  const auto n_domains = in.get<uint32_t>();
  for (uint32_t i = 0; i < n_domains; ++i) hit.domains.push_back(get_domain(in));
  return hit;
}

}  // namespace foldmesh::search
