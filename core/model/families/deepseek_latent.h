// What DeepSeek-V2 and V3 share: attention by way of a latent, and the names of their tensors.
#pragma once

#include "core/model/families/shared.h"

namespace core {

// Heads, ranks and widths of latent attention, its scale with yarn's mscale, rotation of the last qk_rope_head_dim
// features of a head in `layout`. Needs the sizes.
void readLatentAttention(ConfigReader& config, const FamilyDefaults& defaults, RopeLayout layout, FamilyConfig& result);

// n_group and topk_group, checked against the experts and the choices. Needs the experts.
void readGroups(ConfigReader& config, int groupsDefault, int chosenDefault, GroupScore score, ModelConfig& model);

std::vector<TensorRule> latentTensors();

}  // namespace core
