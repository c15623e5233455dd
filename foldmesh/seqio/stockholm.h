// Stockholm 1.0 in and out (docs/formats/sequences.md); the writer's layout is that of HMMER's `-A` files.
#ifndef FOLDMESH_SEQIO_STOCKHOLM_H_
#define FOLDMESH_SEQIO_STOCKHOLM_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "foldmesh/bio/msa.h"
#include "foldmesh/seqio/byte_source.h"
#include "foldmesh/seqio/line_reader.h"

namespace foldmesh::seqio {

// Streams the alignments of a file, which may be wrapped into blocks. Kept is what bio::Msa has room for: GF
// ID, AC, DE, AU, GA, TC, NC; GS AC, DE; GR PP; GC PP_cons, RF, SS_cons, MM. Other annotation and comments
// are dropped. Names that HMMER made unique by a "<row>|" prefix (its warning comment says so) lose the
// prefix again. Every error is kInput and names file and line: another format, an illegal character, a row
// missing from a block or twice in it, rows or annotation of different lengths, an alignment without rows, a
// missing `//`.
class StockholmReader {
 public:
  explicit StockholmReader(const std::filesystem::path& path);  // "-" is standard input
  explicit StockholmReader(std::unique_ptr<ByteSource> source);

  // False when there is no further alignment; an empty file gives none (HMMER writes one when nothing was
  // included).
  bool next(bio::Msa& msa);
  // Of the alignment's last line.
  base::Location location() const { return lines_.location(); }

 private:
  LineReader lines_;
};

// The only alignment of a file; none or several throw kInput.
bio::Msa read_stockholm(const std::filesystem::path& path);

// What HMMER writes for the alignment: a block per `columns_per_block` columns (0: one block for all). If two
// rows have the same name, every name gets a prefix "<row>|". All rows must have the same length, also their
// `pp` where there is one (kInternal otherwise), and names must be free of blanks.
std::string to_stockholm(const bio::Msa& msa, size_t columns_per_block = 200);

// The same for rows that need not be in memory at once: `rows` calls its argument for every row in order, and
// is called several times. The rows of `frame` are not looked at.
using MsaRowSource = std::function<void(const std::function<void(const bio::MsaRow&)>&)>;
using StockholmSink = std::function<void(std::string_view)>;
void write_stockholm(const bio::Msa& frame, const MsaRowSource& rows, const StockholmSink& sink,
                     size_t columns_per_block = 200);

}  // namespace foldmesh::seqio

#endif  // FOLDMESH_SEQIO_STOCKHOLM_H_
