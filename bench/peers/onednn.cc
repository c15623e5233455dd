#include "bench/peers/onednn.h"

#include <oneapi/dnnl/dnnl.h>

#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>

#include "foldmesh/base/error.h"

// oneDNN reads the number of threads from the OpenMP runtime it was built with (libgomp), for the calling
// thread. Declared here because clang's omp.h belongs to another runtime.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int n);
}

namespace foldmesh::peers {
namespace {

class OpenMpThreads {
 public:
  explicit OpenMpThreads(int n) : before_(omp_get_max_threads()) { omp_set_num_threads(n); }
  ~OpenMpThreads() { omp_set_num_threads(before_); }
  OpenMpThreads(const OpenMpThreads&) = delete;
  OpenMpThreads& operator=(const OpenMpThreads&) = delete;

 private:
  int before_;
};

}  // namespace

void onednn_sgemm(int64_t m, int64_t n, int64_t k, runtime::cpu::Matrix a, runtime::cpu::Matrix b, float* c,
                  int64_t c_stride, int n_threads, float alpha, float beta) {
  const OpenMpThreads threads(n_threads);
  const dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha,
                                          a.data, a.stride, b.data, b.stride, beta, c, c_stride);
  if (status != dnnl_success) base::throw_internal("oneDNN refused a {} x {} x {} product", m, n, k);
}

struct OneDnnBf16Product::Parts {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::matmul product;
  dnnl::memory a, b, c;
};

OneDnnBf16Product::OneDnnBf16Product(int64_t m, int64_t n, int64_t k, int n_threads)
    : parts_(std::make_unique<Parts>()), n_threads_(n_threads) {
  using Desc = dnnl::memory::desc;
  using Type = dnnl::memory::data_type;
  using Tag = dnnl::memory::format_tag;
  const OpenMpThreads threads(n_threads_);
  const dnnl::matmul::primitive_desc description(
      dnnl::matmul::desc(Desc({m, k}, Type::bf16, Tag::any), Desc({k, n}, Type::bf16, Tag::any),
                         Desc({m, n}, Type::f32, Tag::ab)),
      parts_->engine);
  parts_->product = dnnl::matmul(description);
  parts_->a = dnnl::memory(description.src_desc(), parts_->engine);
  parts_->b = dnnl::memory(description.weights_desc(), parts_->engine);
  parts_->c = dnnl::memory(description.dst_desc(), parts_->engine);
  constexpr uint16_t kOne = 0x3f80;
  for (dnnl::memory* operand : {&parts_->a, &parts_->b}) {
    std::fill_n(static_cast<uint16_t*>(operand->get_data_handle()), operand->get_desc().get_size() / 2, kOne);
  }
}
OneDnnBf16Product::~OneDnnBf16Product() = default;

void OneDnnBf16Product::run() {
  const OpenMpThreads threads(n_threads_);
  parts_->product.execute(
      parts_->stream, {{DNNL_ARG_SRC, parts_->a}, {DNNL_ARG_WEIGHTS, parts_->b}, {DNNL_ARG_DST, parts_->c}});
  parts_->stream.wait();
}

}  // namespace foldmesh::peers
