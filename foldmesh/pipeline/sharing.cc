#include "foldmesh/pipeline/sharing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <queue>

#include "foldmesh/pipeline/forecast.h"
#include "foldmesh/plan/explain.h"

namespace foldmesh::pipeline {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostPlanned = 32;  // lengths: a second or two
// Whole targets need no messages and share out all stages, so working together has to gain more than what the
// planner may err by.
constexpr double kWorthIt = 0.85;

// When the last of these ends, if each is given to the rank that is free first.
double handed_out(std::span<const double> seconds, int n_ranks) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (int rank = 0; rank < n_ranks; ++rank) free_at.push(0);
  double end = 0;
  for (const double duration : seconds) {
    const double done = free_at.top() + duration;
    free_at.pop();
    free_at.push(done);
    end = std::max(end, done);
  }
  return end;
}

}  // namespace

Sharing share_targets(std::span<const int64_t> lengths, int n_ranks, const SecondsOf& seconds_of) {
  std::vector<double> alone(lengths.size()), together(lengths.size());
  size_t n_too_large = 0, n_not_alone = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const std::optional<double> one = seconds_of(lengths[i], 1), all = seconds_of(lengths[i], n_ranks);
    if (!one) n_not_alone = i + 1;
    if (!one && !all) n_too_large = i + 1;
    constexpr double kNever = std::numeric_limits<double>::infinity();
    alone[i] = one.value_or(kNever);
    together[i] = all.value_or(kNever);
  }
  Sharing best{n_too_large, n_not_alone, std::numeric_limits<double>::infinity()};
  double before = 0;
  for (size_t k = n_too_large; k <= lengths.size(); ++k) {
    if (k > n_too_large) before += together[k - 1];
    if (k < n_not_alone) continue;
    const double seconds = before + handed_out(std::span(alone).subspan(k), n_ranks);
    if (seconds < kWorthIt * best.seconds) best = {n_too_large, k, seconds};
    // Rank after rank, a long list's tail changes the outcome no more.
    if (k - n_too_large > static_cast<size_t>(4 * n_ranks)) break;
  }
  return best;
}

SecondsOf planned_seconds(std::span<const int64_t> lengths, std::span<const model::ModelConfig> models,
                          const plan::Machine& rank, const plan::PlanOptions& how) {
  std::vector<int64_t> distinct(lengths.begin(), lengths.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  // The longest ones decide most; of the others every so many is planned, and the last.
  std::vector<int64_t> chosen;
  const size_t n_exact = distinct.size() <= kMostPlanned ? distinct.size() : kMostPlanned / 2;
  for (size_t i = 0; i < n_exact; ++i) chosen.push_back(distinct[i]);
  const size_t n_rest = distinct.size() - n_exact, n_more = std::min(n_rest, kMostPlanned - n_exact);
  for (size_t k = 1; k <= n_more; ++k) chosen.push_back(distinct[n_exact + n_rest * k / n_more - 1]);

  using Key = std::pair<int, int64_t>;  // ranks, length
  const auto planned = std::make_shared<std::map<Key, std::optional<double>>>();
  const std::vector<model::ModelConfig> configs(models.begin(), models.end());
  const auto exact = [=](int64_t n_res, int n_ranks) {
    const auto [found, is_new] = planned->try_emplace({n_ranks, n_res});
    if (is_new) found->second = seconds_of_all(n_res, configs, {rank, n_ranks}, how);
    return found->second;
  };
  return [=](int64_t n_res, int n_ranks) -> std::optional<double> {
    const auto shorter = std::find_if(chosen.begin(), chosen.end(), [&](int64_t l) { return l <= n_res; });
    if (shorter == chosen.end() || *shorter == n_res || shorter == chosen.begin()) {
      return exact(n_res, n_ranks);
    }
    // What a longer one does not do is not promised.
    const std::optional<double> above = exact(*(shorter - 1), n_ranks), below = exact(*shorter, n_ranks);
    if (!above || !below) return std::nullopt;
    const auto log = [](auto x) { return std::log(static_cast<double>(x)); };
    const double part = (log(n_res) - log(*shorter)) / (log(*(shorter - 1)) - log(*shorter));
    return std::exp(log(*below) + part * (log(*above) - log(*below)));
  };
}

std::string describe(const Sharing& sharing, size_t n_targets, int n_ranks) {
  const size_t n_together = sharing.n_together - sharing.n_too_large,
               n_alone = n_targets - sharing.n_together;
  return fmt::format(
      "{} ranks: {} target{} predicted together, {} handed out whole; at most about {} by the planner",
      n_ranks, n_together, n_together == 1 ? "" : "s", n_alone, plan::seconds_text(sharing.seconds));
}

std::string encode_targets(std::span<const TargetItem> items) {
  Json list = Json::array();
  for (const auto& [target, msas] : items) {
    Json files = Json::array();
    for (const MsaFile& file : msas.files) files.push_back({file.database, file.path.string(), file.chain});
    list.push_back({{"target", target}, {"files", files}, {"search_seconds", msas.search_seconds}});
  }
  return list.dump();
}

std::vector<TargetItem> decode_targets(std::string_view message) {
  std::vector<TargetItem> items;
  for (const Json& json : Json::parse(message)) {
    TargetItem& item = items.emplace_back();
    item.target = json.at("target").get<size_t>();
    for (const Json& file : json.at("files")) {
      item.msas.files.push_back(
          {file.at(0).get<std::string>(), file.at(1).get<std::string>(), file.at(2).get<std::string>()});
    }
    item.msas.search_seconds = json.at("search_seconds").get<decltype(item.msas.search_seconds)>();
  }
  return items;
}

std::string encode_prediction(size_t target, size_t model) { return Json{target, model}.dump(); }

std::pair<size_t, size_t> decode_prediction(std::string_view message) {
  return Json::parse(message).get<std::pair<size_t, size_t>>();
}

}  // namespace foldmesh::pipeline
