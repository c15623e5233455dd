#include "foldmesh/runtime/exchange.h"

#include <array>
#include <cstring>
#include <vector>

#include "foldmesh/base/error.h"

namespace foldmesh::runtime {
namespace {

using graph::Box;

// A value as [rows, columns, all else], in bytes.
struct Block {
  explicit Block(const tensor::Shape& shape, size_t element) {
    rows = shape.at(0);
    columns = shape.size() > 1 ? shape[1] : 1;
    depth = static_cast<int64_t>(element);
    for (size_t axis = 2; axis < shape.size(); ++axis) depth *= shape[axis];
    element_bytes = static_cast<int64_t>(element);
  }
  int64_t rows, columns, depth, element_bytes;

  int64_t bytes(const Box& box) const { return box.size() * element_bytes; }
  int64_t row_bytes(const Box& box) const { return box.extent[1] * box.extent[2] * element_bytes; }
  int64_t offset(const Box& box, int64_t row, int64_t column) const {
    return ((box.begin[0] + row) * columns + box.begin[1] + column) * depth + box.begin[2] * element_bytes;
  }
  bool is_row_contiguous(const Box& box) const {
    return box.extent[1] <= 1 || box.extent[2] * element_bytes == depth;
  }
  bool is_contiguous(const Box& box) const {
    return is_row_contiguous(box) && (box.extent[0] <= 1 || row_bytes(box) == columns * depth);
  }
  // copy(offset of a contiguous run, its bytes) for all runs of the box.
  template <typename Copy>
  void for_each_run(const Box& box, const Copy& copy) const {
    if (box.size() == 0) return;
    if (is_contiguous(box)) return copy(offset(box, 0, 0), bytes(box));
    const int64_t run = box.extent[2] * element_bytes;
    for (int64_t row = 0; row < box.extent[0]; ++row) {
      if (is_row_contiguous(box)) {
        copy(offset(box, row, 0), row_bytes(box));
        continue;
      }
      for (int64_t column = 0; column < box.extent[1]; ++column) copy(offset(box, row, column), run);
    }
  }
};

Box piece(Box box, int round, int rounds) {
  const int64_t begin = box.extent[0] * round / rounds, end = box.extent[0] * (round + 1) / rounds;
  box.begin[0] += begin;
  box.extent[0] = end - begin;
  return box;
}

// The largest piece has at most this many rows.
int64_t piece_rows(int64_t rows, int rounds) { return (rows + rounds - 1) / rounds; }

// Bytes of the largest pieces of all boxes that are not contiguous; those of member `self` need none.
size_t staging(const Block& block, const std::vector<Box>& boxes, int rounds) {
  int64_t bytes = 0;
  for (const Box& box : boxes) {
    if (!block.is_contiguous(box)) bytes += piece_rows(box.extent[0], rounds) * block.row_bytes(box);
  }
  return static_cast<size_t>(bytes);
}

void copy_own(const Block& from_block, const Box& from_box, const std::byte* from, const Block& to_block,
              const Box& to_box, std::byte* to) {
  if (from_box.extent != to_box.extent) base::throw_internal("a device would send itself another box");
  for (int64_t row = 0; row < from_box.extent[0]; ++row) {
    for (int64_t column = 0; column < from_box.extent[1]; ++column) {
      const std::byte* source = from + from_block.offset(from_box, row, column);
      std::byte* target = to + to_block.offset(to_box, row, column);
      if (source != target)
        std::memcpy(target, source, static_cast<size_t>(from_box.extent[2] * from_block.element_bytes));
    }
  }
}

}  // namespace

size_t exchange_workspace(const graph::Graph& graph, const graph::Node& node, tensor::DType activation) {
  const auto block = [&](graph::ValueId id) {
    const graph::Value& value = graph.value(id);
    return Block(value.shape, tensor::size_of(value.is_integer ? tensor::DType::kI32 : activation));
  };
  return staging(block(node.inputs[0]), node.exchange.send, node.exchange.rounds) +
         staging(block(node.outputs[0]), node.exchange.receive, node.exchange.rounds);
}

void run_exchange(const graph::Node& node, const tensor::View& from, const tensor::View& to,
                  std::span<std::byte> workspace, comm::Group& group) {
  const Block source(from.shape, tensor::size_of(from.dtype)), target(to.shape, tensor::size_of(to.dtype));
  auto* from_bytes = static_cast<std::byte*>(from.data);
  auto* to_bytes = static_cast<std::byte*>(to.data);
  const size_t n = node.exchange.send.size(), self = static_cast<size_t>(group.rank());
  copy_own(source, node.exchange.send[self], from_bytes, target, node.exchange.receive[self], to_bytes);
  std::vector<comm::SendPart> send(n);
  std::vector<comm::ReceivePart> receive(n);
  for (int round = 0; round < node.exchange.rounds; ++round) {
    size_t used = 0;
    const auto stage = [&](int64_t bytes) {
      const std::span<std::byte> place = workspace.subspan(used, static_cast<size_t>(bytes));
      used += place.size();
      return place;
    };
    for (size_t other = 0; other < n; ++other) {
      if (other == self) continue;
      const Box out = piece(node.exchange.send[other], round, node.exchange.rounds);
      if (source.is_contiguous(out)) {
        send[other] = {from_bytes + source.offset(out, 0, 0), static_cast<size_t>(source.bytes(out))};
      } else {
        const std::span<std::byte> place = stage(source.bytes(out));
        std::byte* at = place.data();
        source.for_each_run(out, [&](int64_t offset, int64_t bytes) {
          std::memcpy(at, from_bytes + offset, static_cast<size_t>(bytes));
          at += bytes;
        });
        send[other] = place;
      }
      const Box in = piece(node.exchange.receive[other], round, node.exchange.rounds);
      receive[other] = target.is_contiguous(in) ? comm::ReceivePart{to_bytes + target.offset(in, 0, 0),
                                                                    static_cast<size_t>(target.bytes(in))}
                                                : stage(target.bytes(in));
    }
    group.exchange(send, receive);
    for (size_t other = 0; other < n; ++other) {
      const Box in = piece(node.exchange.receive[other], round, node.exchange.rounds);
      if (other == self || target.is_contiguous(in)) continue;
      const std::byte* at = receive[other].data();
      target.for_each_run(in, [&](int64_t offset, int64_t bytes) {
        std::memcpy(to_bytes + offset, at, static_cast<size_t>(bytes));
        at += bytes;
      });
    }
  }
}

}  // namespace foldmesh::runtime
