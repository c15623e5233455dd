#include "foldmesh/seqio/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace foldmesh::seqio {
namespace {

// Small inputs are many, so the buffer starts small and grows while there is more to read.
constexpr size_t kFirstBuffer = size_t{1} << 13, kUsualBuffer = size_t{1} << 18;

size_t find(const std::vector<char>& buffer, size_t from, size_t to, char wanted) {
  const void* hit = from < to ? std::memchr(buffer.data() + from, wanted, to - from) : nullptr;
  return hit == nullptr ? to : static_cast<size_t>(static_cast<const char*>(hit) - buffer.data());
}

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> source, int64_t first_line)
    : source_(std::move(source)), buffer_(kFirstBuffer), line_number_(first_line - 1) {}

bool LineReader::next(std::string_view& line) {
  size_t searched_cr = begin_;
  for (;;) {
    if (skip_lf_ && begin_ < end_) {
      skip_lf_ = false;
      if (buffer_[begin_] == '\n') ++begin_;
    }
    // A found LF is kept for later lines: text with CR ends would otherwise be searched over and over.
    searched_lf_ = find(buffer_, std::max(searched_lf_, begin_), end_, '\n');
    const size_t cr = find(buffer_, std::max(searched_cr, begin_), searched_lf_, '\r');
    if (cr < end_) {  // cr is at a CR, or at the LF when there is no CR before it
      line = {buffer_.data() + begin_, cr - begin_};
      skip_lf_ = buffer_[cr] == '\r';
      begin_ = cr + 1;
      ++line_number_;
      return true;
    }
    searched_cr = end_;
    const size_t shift = begin_;
    if (!refill()) break;
    searched_cr -= shift;
  }
  if (begin_ == end_) return false;
  line = {buffer_.data() + begin_, end_ - begin_};
  begin_ = end_;
  ++line_number_;
  return true;
}

// Moves the unread part to the front and appends what the source gives; false at its end (nothing is moved
// then).
bool LineReader::refill() {
  if (at_end_) return false;
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(begin_), buffer_.begin() + static_cast<ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  searched_lf_ = end_;
  begin_ = 0;
  if (end_ >= kLongestLine) {
    throw_at({source_->name(), line_number_ + 1},
             fmt::format("the line is longer than {} MiB (expected text)", kLongestLine >> 20));
  }
  if (end_ == buffer_.size() || (line_number_ > 0 && buffer_.size() < kUsualBuffer))
    buffer_.resize(buffer_.size() * 2);
  const size_t n = source_->read(buffer_.data() + end_, buffer_.size() - end_);
  at_end_ = n == 0;
  end_ += n;
  return !at_end_;
}

void throw_at(const base::Location& at, std::string_view what) {
  base::throw_input("{}: {}", base::to_string(at), what);
}

std::string_view skip_blanks(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = skip_blanks(text.substr(end));
  return word;
}

size_t find_control(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t') || c == 0x7f) return i;
  }
  return std::string_view::npos;
}

}  // namespace foldmesh::seqio
