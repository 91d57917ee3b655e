// Readers that the families' own readers are composed of. Key names and defaults are those of transformers 5.
#pragma once

#include <string_view>

#include "core/model/families/family.h"

namespace core {

// What a family's configuration class takes where the file is silent.
struct FamilyDefaults {
  double normEps = 1e-6;
  double ropeTheta = 10000;
  int keyValueHeads = 0;  // 0: as many as heads
  int context = 0;
};

// silu and its like, or GELU in its tanh form.
Activation readActivation(ConfigReader& config, std::string_view key = "hidden_act");

// Width, layers, vocabulary, context, norm, tied embeddings, token ids, `layer` sized to L.
void readSizes(ConfigReader& config, const FamilyDefaults& defaults, ModelConfig& model);

// Heads, key/value heads, head dimension, 1/sqrt(P), rotation. Needs the sizes.
void readAttention(ConfigReader& config, const FamilyDefaults& defaults, ModelConfig& model);

// The head dimension is even, and all heads together no wider than any model's.
void checkHeads(ConfigReader& config, std::string_view key, const AttentionConfig& attention);

// E under `key` or `otherKey`, K under `chosenKey`. allowNone: E may be 0.
void readExperts(ConfigReader& config, std::string_view key, std::string_view otherKey, std::string_view chosenKey,
                 int chosenDefault, bool allowNone, ModelConfig& model);

// The same window in all layers. A null window, or an absent one with a default of 0, is none.
void readWindow(ConfigReader& config, int windowDefault, ModelConfig& model);

// Which layers route: every decoder_sparse_step-th, but none of mlp_only_layers. Needs the experts; dense layers then
// get the neurons of intermediate_size.
void readSparseLayers(ConfigReader& config, ModelConfig& model);

// DeepSeek's pattern: every moe_layer_freq-th layer, counted from 0, but none of the first first_k_dense_replace.
// intermediate_size for the others.
void readLeadingDense(ConfigReader& config, int leadingDefault, ModelConfig& model);

// intermediate_size for the layers that do not route, if there are any.
void readDenseHidden(ConfigReader& config, ModelConfig& model);

bool routes(const ModelConfig& model);  // at least one layer does

// Refuses scalings of the rotation that the family's own code does not have.
void allowScalings(ConfigReader& config, const ModelConfig& model, std::initializer_list<RopeScaling> scalings);

// n_shared_experts blocks of an expert's size, stored and run as one; null: none. Needs expertHidden.
void readSharedBlock(ConfigReader& config, int sharedDefault, ModelConfig& model);

// theta and scaling; the whole head rotates. Part of readAttention.
void readRope(ConfigReader& config, const FamilyDefaults& defaults, ModelConfig& model);

// Neurons that are not a key's own number: checked against the same limit as readHidden's.
int readWidth(ConfigReader& config, std::string_view key, int64_t neurons);

// Neurons of an expert, a shared expert or a dense block.
int readHidden(ConfigReader& config, std::string_view key);

// Names that most families share: embedding, norms, attention, output.
std::vector<TensorRule> commonTensors();

// Dense blocks as mlp.{gate,up,down}_proj, experts of their own tensors under mlp.experts.E, and experts as
// transformers keeps them in memory, stacked and with gate and up in one tensor.
std::vector<TensorRule> denseTensors();
std::vector<TensorRule> separateExperts();
std::vector<TensorRule> fusedExperts(std::string_view gateUp, std::string_view down);

// Router and experts under block_sparse_moe with w1, w2, w3. transformers 5 calls the block `mlp` and stacks the
// experts; its names in memory turn up in files too.
std::vector<TensorRule> mixtralTensors();

std::vector<TensorRule> joined(std::initializer_list<std::vector<TensorRule>> lists);

}  // namespace core
