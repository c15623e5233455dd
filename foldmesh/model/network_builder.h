// Internal: what the graphs of monomer and multimer models have in common. monomer.cc and multimer.cc say the
// rest.
#ifndef FOLDMESH_MODEL_NETWORK_BUILDER_H_
#define FOLDMESH_MODEL_NETWORK_BUILDER_H_

#include <string>
#include <string_view>
#include <vector>

#include "foldmesh/graph/graph.h"
#include "foldmesh/model/config.h"
#include "foldmesh/model/network.h"
#include "foldmesh/model/param_shapes.h"

namespace foldmesh::model {

class NetworkBuilder {
 public:
  NetworkBuilder(const ModelConfig& config, const Dims& dims, const BuildOptions& options)
      : config_(config), dims_(dims), options_(options) {}
  virtual ~NetworkBuilder() = default;

  graph::Graph build();

 protected:
  using OpKind = graph::OpKind;
  using ValueId = graph::ValueId;
  using Variant = graph::Variant;

  static constexpr int64_t kPairHeads = 4, kTransitionFactor = 4, kTemplateTransitionFactor = 2;

  // Where in the parameter file a node's tensors are: a scope below "alphafold/alphafold_iteration/", and the
  // slice of stacked tensors.
  struct Scope {
    std::string name;
    int block = -1, n_blocks = 0;
  };
  struct Placed {
    OpKind kind;
    std::string name;
    Scope scope;
    Widths widths;
    Variant variant = Variant::kDefault;
    int32_t index = 0;
  };
  static Scope inside(const Scope& scope, std::string_view part);

  // --- what the kinds of models do in their own way

  virtual int64_t target_features() const = 0;
  virtual int64_t masked_msa_classes() const = 0;
  virtual int64_t frame_width() const = 0;  // numbers of a frame in sm_frames
  virtual OpKind structure_module() const = 0;
  virtual bool outer_product_comes_first() const = 0;
  // Inputs beyond those of add_values().
  virtual void add_own_inputs() = 0;
  // Adds the input's features to the pair tensor, which holds the recycled one.
  virtual void add_pair_features() = 0;
  // Adds templates to the pair tensor. Only with templates, as the next one.
  virtual void add_templates() = 0;
  // Writes the rows of templates below the MSA.
  virtual void add_template_rows() = 0;

  // --- for their use

  ValueId value(std::string name, tensor::Shape shape, graph::Role role, bool is_integer = false);
  ValueId input(const char* name, tensor::Shape shape);
  ValueId integers(const char* name, tensor::Shape shape);
  ValueId find(std::string_view name) const { return graph_.find(name); }
  void add(Placed op, std::vector<ValueId> inputs, std::vector<ValueId> outputs);
  // An in-place update of x that reads the other operands.
  void update(Placed op, ValueId x, std::vector<ValueId> others);
  void add_triangle_multiplication(const std::string& name, const Scope& scope, ValueId z, Variant variant,
                                   int64_t channels);
  void add_triangle_attention(const std::string& name, const Scope& scope, ValueId z, Variant variant,
                              int64_t channels);
  void add_transition(const std::string& name, const Scope& scope, const char* which, ValueId x,
                      int64_t channels, int64_t factor);

  const ModelConfig& config_;
  const Dims& dims_;
  const BuildOptions& options_;
  ValueId target_feat_ = 0, aatype_ = 0, pair_mask_ = 0, pair_ = 0, msa_ = 0;

 private:
  void add_values();
  void add_pair_embedding();
  void add_extra_msa_stack();
  void add_msa_embedding();
  void add_evoformer();
  void add_block(const std::string& name, const Scope& scope, ValueId m, ValueId mask, OpKind column);
  void add_outer_product(const std::string& name, const Scope& scope, ValueId m, ValueId mask,
                         int64_t channels);
  void add_pair_updates(const std::string& name, const Scope& scope);
  ValueId add_linear(const char* name, const std::string& scope, ValueId x, ValueId y);
  void add_structure_and_heads();
  graph::Role output_if_all_heads() const;

  graph::Graph graph_;
  ValueId msa_mask_ = 0, first_row_ = 0, positions_ = 0;
};

}  // namespace foldmesh::model

#endif  // FOLDMESH_MODEL_NETWORK_BUILDER_H_
