// A model in memory: what it is (config.h), its weights as they lie in the mapped files, and where it came from.
// Matrices of every family stand here in one layout, (out, in) row-major; the loader turns the ones that files store
// otherwise (it owns those copies). Absent tensors have a null `data`.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/model/config.h"

namespace core {

class Tokenizer;

struct Tensor {
  const std::byte* data = nullptr;  // need not be aligned to its type: files pack tensors back to back
  DType type = DType::F32;
  std::vector<int64_t> shape;

  explicit operator bool() const { return data != nullptr; }
  int64_t rows() const { return shape.size() < 2 ? 1 : shape[0]; }
  int64_t columns() const { return shape.empty() ? 1 : shape.back(); }
  int64_t elements() const;
  size_t bytes() const { return bytesOf(type, static_cast<size_t>(elements())); }
};

struct Linear {
  Tensor weight;  // (out, in)
  Tensor bias;    // (out), absent: none
};

struct Norm {
  Tensor weight;  // (D)
  Tensor bias;    // (D), layer norm only
};

struct Mlp {
  Linear gate;  // (H, D), (2H, D) for TripleSwiGlu
  Linear up;    // (H, D)
  Linear down;  // (D, H)
};

struct LayerWeights {
  Norm inputNorm;
  Linear query, key, value, output;
  Linear filterFirst, filterSecond;  // local filter: (D/2, 2D) and (D, 2 (D/2)), columns 2i and 2i + 1 meet feature i
                                     // of the token before and of this one
  Norm filterNorm;
  Linear attentionRouter;                               // routed attention: (E, D); E and K are its own
  std::vector<Linear> attentionQueries, attentionOutputs;  // (E) of (G * P, D) and (D, G * P); the bias is output's
  Norm queryNorm, keyNorm;
  // Latent attention: what a token is squeezed into, what keys of all heads share, and the way back to A keys and values.
  // `query` then reads the short vector of queryDown where there is one.
  Linear queryDown;      // (queryRank, D)
  Norm queryDownNorm;    // (queryRank)
  Linear keyValueDown;   // (keyValueRank, D)
  Linear sharedKey;      // (ropeDim, D)
  Norm keyValueDownNorm; // (keyValueRank)
  Linear keyValueUp;     // (A * (nopeDim + R), keyValueRank), a head's key before its value
  Tensor sinks;    // (A)
  Norm blockNorm;  // before the block; for MoE layers before the router
  Norm attentionPostNorm, blockPostNorm;
  Linear router;             // (E, D); with attentionLogits the experts' queries
  Linear routerKey, routerValue;  // (E, D), attentionLogits only
  Tensor selectionBias;      // (E)
  std::vector<Mlp> experts;  // (E)
  Tensor routedBias;         // (D), added to the stream after the routed sum; absent: none
  Norm sharedNorm;           // SharedExpert::OwnStep only
  Mlp shared;
  Linear sharedGate;  // (1, D)
  Mlp dense;
};

struct Weights {
  Tensor embedding;  // (V, D)
  std::vector<LayerWeights> layer;
  Norm finalNorm;
  Linear output;  // (V, D); the embedding itself when tied
};

// Keeps the bytes behind the tensors alive and watches them. An engine asks between layers and ends its run with the
// error; a read of a page that is gone must not end the process either (see mapped_file.h).
class ModelStorage {
 public:
  virtual ~ModelStorage() = default;
  virtual Status check() const = 0;      // error: which file was cut short or rewritten since it was opened
  virtual size_t fileBytes() const = 0;  // of all weight files together
};

struct Model {
  std::string name;  // what --model was given, or the folder's name
  std::filesystem::path path;
  std::string contentHash;  // 32 hex digits over config, headers and (sampled, for files above 64 MiB) weights
  ModelConfig config;
  Weights weights;
  std::shared_ptr<const ModelStorage> storage;
  std::shared_ptr<const Tokenizer> tokenizer;  // null: only ids can be run
  std::string tokenizerProblem;                // why it is null, in words
};

}  // namespace core
