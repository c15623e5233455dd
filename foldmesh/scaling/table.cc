#include "foldmesh/scaling/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "foldmesh/scaling/schedule.h"

namespace foldmesh::scaling {
namespace {

TableRow make_row(const LengthTimes& times, const TableOptions& options) {
  TableRow row{times.query_length, {}};
  double alone = times.outside_units;
  for (const WorkUnit& chunk : times.chunks) alone += chunk.seconds * options.times_as_large;
  for (const int n : options.processors) {
    const std::vector<WorkUnit> units =
        scheduled_units(times.chunks, options.times_as_large, static_cast<int>(times.query_length), n);
    // One processor talks to nobody; the others have a unit ahead.
    const Machine machine =
        n == 1 ? Machine{} : Machine{n, options.grant_seconds, options.latency_seconds, true};
    TableCell cell{n};
    cell.chunked = simulate_shared_queue(units, machine).makespan + times.outside_units;
    cell.database_per_process = simulate_database_per_process(units, n).makespan + times.outside_units;
    cell.efficiency = alone / (n * cell.chunked);
    row.cells.push_back(cell);
  }
  return row;
}

// In a unit that suits it.
std::string time_text(double seconds) {
  if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 600) return fmt::format("{:.2f} s", seconds);
  return fmt::format("{:.1f} min", seconds / 60);
}

void append_predictions(std::string& text, const ScalingTable& table) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "Predicted from measured units{}: (a) one process per database, (b) chunks\n\n",
                 table.options.times_as_large == 1
                     ? ""
                     : fmt::format(", databases {} times as large", table.options.times_as_large));
  fmt::format_to(out, "{:>6} {:>10} {:>12} {:>12} {:>9} {:>9} {:>11}\n", "length", "processors", "(a)", "(b)",
                 "(a) x", "(b) x", "efficiency");
  for (const TableRow& row : table.rows) {
    for (const TableCell& cell : row.cells) {
      fmt::format_to(out, "{:>6} {:>10} {:>12} {:>12} {:>9.2f} {:>9.2f} {:>10.1f}%\n", row.query_length,
                     cell.n_processors, time_text(cell.database_per_process), time_text(cell.chunked),
                     row.cells.front().database_per_process / cell.database_per_process,
                     row.cells.front().chunked / cell.chunked, 100 * cell.efficiency);
    }
  }
}

const TableCell* cell_for(const TableRow& row, int n_processors) {
  for (const TableCell& cell : row.cells) {
    if (cell.n_processors == n_processors) return &cell;
  }
  return nullptr;
}

void append_comparison(std::string& text, const ScalingTable& table) {
  if (table.options.times_as_large != 1) return;  // nothing of that size was measured
  auto out = std::back_inserter(text);
  fmt::format_to(out, "\nMeasured here, and predicted / measured\n\n{:>6} {:>10} {:>12} {:>7} {:>12} {:>7}\n",
                 "length", "processors", "(a)", "ratio", "(b)", "ratio");
  for (size_t i = 0; i < table.rows.size(); ++i) {
    for (const auto& [n, chunked] : table.measured[i].chunked) {
      const TableCell* cell = cell_for(table.rows[i], n);
      if (cell == nullptr) continue;
      const double per_process = table.measured[i].database_per_process.at(n);
      fmt::format_to(out, "{:>6} {:>10} {:>12} {:>7.3f} {:>12} {:>7.3f}\n", table.rows[i].query_length, n,
                     time_text(per_process), cell->database_per_process / per_process, time_text(chunked),
                     cell->chunked / chunked);
    }
  }
}

void append_model(std::string& text, const ScalingTable& table, const CostModel& model) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{:>6}", "length");
  for (const DatabaseFacts& database : table.databases) fmt::format_to(out, " {:>16}", database.name);
  text += '\n';
  for (size_t i = 0; i < model.points.size(); ++i) {
    if (i % table.databases.size() == 0) fmt::format_to(out, "{:>6}", model.points[i].query_length);
    fmt::format_to(out, " {:>+15.1f}%", 100 * model.points[i].departure());
    if ((i + 1) % table.databases.size() == 0) text += '\n';
  }
}

void append_cost_models(std::string& text, const ScalingTable& table) {
  auto out = std::back_inserter(text);
  fmt::format_to(
      out,
      "\nCost model c * n * alpha * l (n sequences, alpha the longest, l the query): c = {:.3g} s\n"
      "Measured above (+) or below (-) it:\n\n",
      table.published.coefficient);
  append_model(text, table, table.published);
  fmt::format_to(out,
                 "\nBy residues R of the database instead: R * ({:.3g} s * l + {:.3g} s)\n"
                 "Measured above (+) or below (-) it:\n\n",
                 table.by_residues.coefficient, table.by_residues.constant);
  append_model(text, table, table.by_residues);
}

nlohmann::ordered_json json_of(const CostModel& model) {
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  for (const CostPoint& point : model.points) {
    points.push_back({{"database", point.database},
                      {"query_length", point.query_length},
                      {"measured_s", point.measured},
                      {"fitted_s", point.fitted}});
  }
  return {{"coefficient", model.coefficient}, {"constant", model.constant}, {"points", points}};
}

}  // namespace

ScalingTable make_table(std::vector<DatabaseFacts> databases, std::vector<LengthTimes> measured,
                        TableOptions options) {
  ScalingTable table{std::move(databases), std::move(measured), std::move(options), {}, {}, {}};
  for (const LengthTimes& times : table.measured) table.rows.push_back(make_row(times, table.options));
  table.published = fit_published(table.databases, table.measured);
  table.by_residues = fit_by_residues(table.databases, table.measured);
  return table;
}

std::string to_text(const ScalingTable& table) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<16} {:>12} {:>14} {:>9}\n", "database", "sequences", "residues", "longest");
  for (const DatabaseFacts& d : table.databases) {
    fmt::format_to(out, "{:<16} {:>12} {:>14} {:>9}\n", d.name, d.n_sequences, d.n_residues, d.longest);
  }
  text += '\n';
  append_predictions(text, table);
  append_comparison(text, table);
  append_cost_models(text, table);
  return text;
}

nlohmann::ordered_json to_json(const ScalingTable& table) {
  nlohmann::ordered_json json;
  for (const DatabaseFacts& d : table.databases) {
    json["databases"].push_back({{"name", d.name},
                                 {"n_sequences", d.n_sequences},
                                 {"n_residues", d.n_residues},
                                 {"longest", d.longest}});
  }
  json["times_as_large"] = table.options.times_as_large;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    nlohmann::ordered_json row = {{"query_length", table.rows[i].query_length},
                                  {"n_chunks", table.measured[i].chunks.size()},
                                  {"outside_units_s", table.measured[i].outside_units}};
    for (const TableCell& cell : table.rows[i].cells) {
      row["predicted"].push_back({{"processors", cell.n_processors},
                                  {"database_per_process_s", cell.database_per_process},
                                  {"chunked_s", cell.chunked},
                                  {"efficiency", cell.efficiency}});
    }
    for (const auto& [n, seconds] : table.measured[i].chunked) {
      row["measured"].push_back({{"processors", n},
                                 {"database_per_process_s", table.measured[i].database_per_process.at(n)},
                                 {"chunked_s", seconds}});
    }
    json["lengths"].push_back(row);
  }
  json["cost_model_published"] = json_of(table.published);
  json["cost_model_by_residues"] = json_of(table.by_residues);
  return json;
}

}  // namespace foldmesh::scaling
