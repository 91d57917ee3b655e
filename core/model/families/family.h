// A family of models is a row of data: how its config.json is recognised and read, and under which names its tensors
// lie in the files. Nothing else in the tree knows a family's name.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/config.h"
#include "core/model/config_reader.h"

namespace core {

// What a tensor is in the model. The shapes follow from the config (see shapeOf in bind.h).
enum class Role : uint8_t {
  Embedding,
  FinalNorm,
  FinalNormBias,
  OutputMatrix,
  OutputMatrixBias,  // once
  InputNorm,
  InputNormBias,
  Query,
  QueryBias,
  Key,
  KeyBias,
  Value,
  ValueBias,  // every layer
  AttentionOutput,
  AttentionOutputBias,
  Sinks,
  FilterFirst,
  FilterFirstBias,
  FilterSecond,
  FilterSecondBias,
  FilterNorm,  // local filter of queries and keys
  AttentionRouter,
  AttentionExpertQuery,
  AttentionExpertOutput,  // routed attention, the last two of every expert
  QueryNorm,
  KeyNorm,
  QueryDown,  // latent attention; Query is then the way back up
  QueryDownBias,
  QueryDownNorm,
  KeyValueDown,  // the latent's rows, then those of the part of the key that all heads share
  KeyValueDownBias,
  KeyValueDownNorm,
  KeyValueUp,  // by head: its key's rows, then its value's
  AttentionPostNorm,
  BlockNorm,
  BlockNormBias,
  BlockPostNorm,
  DenseGate,
  DenseUp,
  DenseDown,  // layers without a router
  Router,
  RouterBias,
  SelectionBias,
  RouterKey,
  RouterValue,  // attentionLogits; Router is the query
  RoutedBias,
  SharedNorm,
  SharedGate,
  SharedUp,
  SharedDown,
  SharedMix,  // layers with one
  ExpertGate,
  ExpertGateBias,
  ExpertUp,
  ExpertUpBias,
  ExpertDown,
  ExpertDownBias,  // every expert of those
};

// InOut: x * W, stored transposed. Mxfp4: a stack named ..._blocks, whose scales are ..._scales (quant/mxfp4_pairs.h).
// HeadKeys: of each head its part of KeyValueUp for keys, turned, in ...attn_k_b; that for values in ...attn_v_b (GGUF).
enum class Layout : uint8_t { OutIn, InOut, Mxfp4, HeadKeys };
// Of the out dimension of the stored tensor. OfQkv: queries, keys and values lie one under the other, and the role says
// which of them is meant.
enum class Part : uint8_t { Whole, FirstHalf, SecondHalf, Even, Odd, FirstThird, MiddleThird, LastThird, OfQkv };
enum class When : uint8_t {  // what the config must have switched on
  Always,
  QkvBias,
  OutputBias,
  HeadBias,
  SqueezedQuery,      // queries by way of a short vector
  SqueezedQueryBias,  // and QkvBias
  DirectQuery,
};

struct TensorRule {
  Role role;
  std::string_view
      name;  // {l} stands for the layer, {e} for the expert; an expert's rule without {e} is stacked (E, ...)
  Layout layout = Layout::OutIn;
  Part part = Part::Whole;
  When when = When::Always;
};

struct FamilyConfig {
  ModelConfig model;
  bool qkvBias = false;
  bool outputBias = false;
  bool headBias = false;  // of the output matrix
  // The projections of queries and keys, one under the other, are cut into a piece a head: its query above its key.
  bool headsHoldQueryAndKey = false;
};

struct Family {
  std::string_view name;
  std::vector<std::string_view> modelTypes;     // config.json: model_type
  std::vector<std::string_view> architectures;  // config.json: architectures, asked where the type decides nothing
  FamilyConfig (*read)(ConfigReader&);          // problems stay in the reader
  std::vector<TensorRule> tensors;              // several rules of a role: the first whose tensor is there counts
  std::string_view prefix = {};                 // of every name, in files that hold more than the text model
};

// A family that is recognised so that it can be refused by its name.
struct KnownFamily {
  std::string_view name;
  std::vector<std::string_view> modelTypes;
  std::vector<std::string_view> architectures;
  std::string_view needs;
};

const std::vector<Family>& families();
const std::vector<KnownFamily>& knownFamilies();

// Errors: neither model_type nor architectures; a family that is known but not run; an unknown one, with the list.
Result<const Family*> detectFamily(ConfigReader& config);

// Rows of the table, one file each.
Family qwen2MoeFamily();
Family mixtralFamily();
Family olmoeFamily();
Family mistralFamily();
Family openMoeFamily();
Family qwen3MoeFamily();
Family deepseekFamily();
Family minicpmFamily();
Family graniteMoeFamily();
Family graniteMoeSharedFamily();
Family skyworkFamily();
Family llama4Family();
Family grok1Family();
Family gptOssFamily();
Family deepseekV2Family();
Family deepseekV3Family();
Family phimoeFamily();
Family yuanFamily();
Family jetMoeFamily();

}  // namespace core
