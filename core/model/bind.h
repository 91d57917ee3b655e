// Ties a family's tensor rules to the files: finds every tensor the config calls for, checks type and shape, and hands
// out views. Matrices that are stored (in, out) are turned once, into memory that the files' storage owns.
#pragma once

#include <vector>

#include "core/model/families/family.h"
#include "core/model/model.h"
#include "core/model/weight_files.h"

namespace core {

// (out, in) of a matrix, (n) of a vector, by what the config says.
std::vector<int64_t> shapeOf(Role role, const ModelConfig& model);

// Of how many rows a stored tensor is, and which of them is the first that a rule means. `rows`: those of the role.
struct Share {
  int64_t rows = 0, first = 0;
};
Share shareOf(const TensorRule& rule, int64_t rows, const ModelConfig& model);

// May correct `config.model.tiedEmbeddings` to what the files hold, and adds what it noticed to `disagreements`.
// Errors: a tensor is missing, has another shape, or a type that no engine computes with.
Result<Weights> bindWeights(const Family& family, FamilyConfig& config, WeightFiles& files);

}  // namespace core
