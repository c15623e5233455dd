// The plot of the scaling table, drawn by hand: a document of a hundred lines needs no plotting library.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include "foldmesh/scaling/table.h"

namespace foldmesh::scaling {
namespace {

constexpr double kWidth = 760, kHeight = 480, kLeft = 80, kRight = 150, kTop = 30, kBottom = 60;
// Distinguishable with the common colour vision deficiencies (Okabe and Ito 2008).
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

// A logarithmic axis between whole powers of its base.
struct Axis {
  double base, low, high, from, to;  // powers low..high are drawn at from..to
  Axis(double b, double least, double greatest, double f, double t)
      : base(b),
        low(std::floor(std::log(least) / std::log(b) + 1e-9)),
        high(std::max(low + 1, std::ceil(std::log(greatest) / std::log(b) - 1e-9))),
        from(f),
        to(t) {}
  double at(double value) const {
    return from + (std::log(value) / std::log(base) - low) / (high - low) * (to - from);
  }
};

std::string path_of(const TableRow& row, double TableCell::*time, const Axis& x, const Axis& y) {
  std::string path;
  for (const TableCell& cell : row.cells) {
    fmt::format_to(std::back_inserter(path), "{}{:.1f},{:.1f}", path.empty() ? "M" : " L",
                   x.at(cell.n_processors), y.at(cell.*time));
  }
  return path;
}

void append_axes(std::string& svg, const Axis& x, const Axis& y) {
  auto out = std::back_inserter(svg);
  for (double power = x.low; power <= x.high; ++power) {
    const double value = std::pow(x.base, power), at = x.at(value);
    fmt::format_to(out, "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\"/>\n", at,
                   kTop, kHeight - kBottom);
    fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:g}</text>\n", at,
                   kHeight - kBottom + 18, value);
  }
  for (double power = y.low; power <= y.high; ++power) {
    const double value = std::pow(y.base, power), at = y.at(value);
    fmt::format_to(out, "<line class=\"grid\" x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\"/>\n", kLeft,
                   at, kWidth - kRight);
    fmt::format_to(out, "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}</text>\n", kLeft - 8, at + 4,
                   value);
  }
  fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">processors</text>\n",
                 (kLeft + kWidth - kRight) / 2, kHeight - 16);
  fmt::format_to(
      out, "<text transform=\"translate(20,{:.1f}) rotate(-90)\" text-anchor=\"middle\">seconds</text>\n",
      (kTop + kHeight - kBottom) / 2);
}

}  // namespace

std::string to_svg(const ScalingTable& table) {
  double least = 1e300, greatest = 0;
  int n_processors = 1;
  for (const TableRow& row : table.rows) {
    for (const TableCell& cell : row.cells) {
      least = std::min({least, cell.chunked, cell.database_per_process});
      greatest = std::max({greatest, cell.chunked, cell.database_per_process});
      n_processors = std::max(n_processors, cell.n_processors);
    }
  }
  const Axis x(2, 1, n_processors, kLeft, kWidth - kRight), y(10, least, greatest, kHeight - kBottom, kTop);

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n"
      "<title>Runtime of the search against the number of processors</title>\n"
      "<style>.grid{{stroke:#ddd}} path{{fill:none;stroke-width:2}} .a{{stroke-dasharray:6 4}}</style>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      kWidth, kHeight);
  append_axes(svg, x, y);
  auto out = std::back_inserter(svg);
  double legend = kTop + 10;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const TableRow& row = table.rows[i];
    const char* colour = kColours[i % std::size(kColours)];
    fmt::format_to(out, "<path class=\"a\" stroke=\"{}\" d=\"{}\"/>\n", colour,
                   path_of(row, &TableCell::database_per_process, x, y));
    fmt::format_to(out, "<path stroke=\"{}\" d=\"{}\"/>\n", colour, path_of(row, &TableCell::chunked, x, y));
    for (const auto& [n, seconds] :
         table.options.times_as_large == 1 ? table.measured[i].chunked : std::map<int, double>()) {
      if (x.at(n) > kWidth - kRight || seconds < std::pow(10, y.low) || seconds > std::pow(10, y.high))
        continue;
      fmt::format_to(out, "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", x.at(n),
                     y.at(seconds), colour);
    }
    fmt::format_to(out, "<text x=\"{}\" y=\"{:.1f}\" fill=\"{}\">{} residues</text>\n", kWidth - kRight + 16,
                   legend, colour, row.query_length);
    legend += 18;
  }
  legend += 10;
  for (const char* line : {"dashed: one process", "per database", "solid: chunks", "dots: measured"}) {
    fmt::format_to(out, "<text x=\"{}\" y=\"{:.1f}\" fill=\"#444\">{}</text>\n", kWidth - kRight + 16, legend,
                   line);
    legend += 16;
  }
  svg += "</svg>\n";
  return svg;
}

}  // namespace foldmesh::scaling
