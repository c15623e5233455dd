#include "foldmesh/search/query_codec.h"

namespace foldmesh::search {
namespace {

template <typename T>
void put_optional(base::ByteWriter& out, const std::optional<T>& value) {
  out.put(value.has_value());
  out.put(value.value_or(T{}));
}

template <typename T>
std::optional<T> get_optional(base::ByteReader& in) {
  const bool has_value = in.get<bool>();
  const T value = in.get<T>();
  return has_value ? std::optional<T>(value) : std::nullopt;
}

}  // namespace

void put_model(base::ByteWriter& out, const hmm::CoreModel& m) {
  for (const std::string* text : {&m.name, &m.accession, &m.description, &m.consensus, &m.rf, &m.mm, &m.cs})
    out.put_text(*text);
  out.put(m.M);
  out.put_array(m.mat);
  out.put_array(m.ins);
  out.put_array(m.t);
  out.put(m.composition);
  out.put(m.evalue);
  out.put(m.calibrated);
  out.put_array(m.map);
  out.put(m.n_seq);
  out.put(m.eff_n_seq);
  out.put(m.max_length);
  for (const auto& scores : {m.cutoffs.gathering, m.cutoffs.trusted, m.cutoffs.noise})
    put_optional(out, scores);
}

hmm::CoreModel get_model(base::ByteReader& in) {
  hmm::CoreModel m;
  for (std::string* text : {&m.name, &m.accession, &m.description, &m.consensus, &m.rf, &m.mm, &m.cs})
    *text = in.text();
  m.M = in.get<int>();
  m.mat = in.array<std::array<float, bio::kNumCanonical>>();
  m.ins = in.array<std::array<float, bio::kNumCanonical>>();
  m.t = in.array<std::array<float, 7>>();
  m.composition = in.get<std::array<float, bio::kNumCanonical>>();
  m.evalue = in.get<hmm::EvalueParameters>();
  m.calibrated = in.get<bool>();
  m.map = in.array<int>();
  m.n_seq = in.get<int>();
  m.eff_n_seq = in.get<float>();
  m.max_length = in.get<int>();
  for (auto* scores : {&m.cutoffs.gathering, &m.cutoffs.trusted, &m.cutoffs.noise})
    *scores = get_optional<std::array<float, 2>>(in);
  return m;
}

void put_thresholds(base::ByteWriter& out, const Thresholds& t) {
  for (const double value : {t.E, t.dom_E, t.inc_E, t.incdom_E}) out.put(value);
  for (const auto* value : {&t.T, &t.dom_T, &t.inc_T, &t.incdom_T, &t.Z, &t.dom_Z}) put_optional(out, *value);
}

Thresholds get_thresholds(base::ByteReader& in) {
  Thresholds t;
  for (double* value : {&t.E, &t.dom_E, &t.inc_E, &t.incdom_E}) *value = in.get<double>();
  for (auto* value : {&t.T, &t.dom_T, &t.inc_T, &t.incdom_T, &t.Z, &t.dom_Z})
    *value = get_optional<double>(in);
  return t;
}

}  // namespace foldmesh::search
