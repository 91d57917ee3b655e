// The tensors of a model under the names and in the layouts of another file: what bind.h does, the other way round. A
// target's rules say which tensor a role goes into, stacked, halved, interleaved or turned.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/families/family.h"
#include "core/model/model.h"

namespace core {

enum class ConvertType : uint8_t { F32, F16, Q8_0 };

// One tensor to be written. Numbers on which routing hangs (router, norms, biases, sinks) stay F32 whatever is asked;
// rows that are no whole blocks become F16 where Q8_0 is asked.
struct OutputTensor {
  std::string name;
  std::vector<int64_t> shape;  // row-major
  DType type = DType::F32;
  Layout layout = Layout::OutIn;
  // Of each matrix of the stack: one tensor, or two for halves or for even and odd rows.
  struct Matrix {
    const Tensor* first = nullptr;
    const Tensor* second = nullptr;
    bool interleaved = false;
  };
  std::vector<Matrix> stack;
  std::shared_ptr<const Tensor> joined;  // a matrix that the model holds in two parts, one behind the other
  int pairsOfHeads = 0;                  // rows are reordered within this many heads; 0: as they are
  bool toPairs = false;                  // half-split to interleaved pairs, or back
  // Two matrices in pieces of so many rows, first, second, first, ...; the first half of them, or the second. 0: no
  int pieceRows = 0;
  bool secondPieces = false;
  bool isConvolution = false;  // of kernel 2: (out, 2 in) in memory, (out, in, 2, 1) in files

  int64_t columns() const { return shape.back(); }
  int64_t rows() const;
  size_t bytes() const;
};

struct OutputRules {
  const std::vector<TensorRule>* rules = nullptr;
  bool qkvBias = false, outputBias = false;
  bool reorder = false;  // rows of q and k
  bool toPairs = false;
  bool headsHoldQueryAndKey = false;  // see FamilyConfig
  ConvertType type = ConvertType::F16;
};

// Errors: a tensor that the rules have no name for.
Result<std::vector<OutputTensor>> outputTensors(const Model& model, const OutputRules& rules);

// Hands out the rows of a tensor, encoded, from first to last. Errors: a number past what F16 holds, or what the
// consumer says.
Status encodeRows(const OutputTensor& tensor, const std::function<Status(std::string_view bytes)>& row);

}  // namespace core
