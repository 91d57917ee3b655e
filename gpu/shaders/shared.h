// Push constants of every kernel, read by GLSL and C++ alike: 4-byte scalars only, so that both lay them out the same.
// `...Stride` counts floats between rows, `...Steps` groups of four elements. Specialization constant 0 of every kernel
// is the number of invocations of a workgroup.
#ifndef GPU_SHARED_H
#define GPU_SHARED_H

#ifdef __cplusplus
#include <cstdint>
namespace gpu {
using uint = uint32_t;
#define GPU_CONSTANT constexpr uint
#else
#define GPU_CONSTANT const uint
#endif

// Element types of weights, specialization constant 1 of the kernels that read them.
GPU_CONSTANT kTypeF32 = 0;
GPU_CONSTANT kTypeF16 = 1;
GPU_CONSTANT kTypeBf16 = 2;
GPU_CONSTANT kTypeQ80 = 3;
GPU_CONSTANT kTypeQ40 = 4;
GPU_CONSTANT kTypeMxfp4 = 5;
GPU_CONSTANT kTypeQ4K = 6;
GPU_CONSTANT kTypeQ5K = 7;
GPU_CONSTANT kTypeQ6K = 8;

// ProductParams::flags
GPU_CONSTANT kProductBias = 1;     // add bias
GPU_CONSTANT kProductGather = 2;   // row r of x is token rows[r] / chosen
GPU_CONSTANT kProductScatter = 4;  // row r goes to y[rows[r]]
GPU_CONSTANT kProductWeighIn = 8;  // x is multiplied by weights[rows[r]]
GPU_CONSTANT kProductWeighOut = 16;  // y is

// RouterParams::form
GPU_CONSTANT kWeightScore = 0;    // the score of the chosen expert
GPU_CONSTANT kWeightSoftmax = 1;  // softmax of the chosen logits
GPU_CONSTANT kWeightSigmoid = 2;  // sigmoid of the chosen logit
GPU_CONSTANT kWeightScoreRenorm = 3;  // the score over the sum of the chosen scores + 1e-20
GPU_CONSTANT kWeightSigmoidRenorm = 4;   // sigmoids over their sum + 1e-20, of chooseChanged alone
GPU_CONSTANT kWeightDoubleSoftmax = 5;   // softmax of the chosen scores, likewise

// A recipe of chooseChanged: so many words, then the experts that are banned, those that are forced, pairs to swap, and
// pairs of an expert and the factor of its weight.
GPU_CONSTANT kRecipeKind = 0;    // kChoose...
GPU_CONSTANT kRecipeChosen = 1;  // K
GPU_CONSTANT kRecipeForm = 2;    // of the weights
GPU_CONSTANT kRecipeScale = 3;   // float
GPU_CONSTANT kRecipeTemperature = 4;  // float, divides the logits
GPU_CONSTANT kRecipeLambda = 5;       // float, of normed logits
GPU_CONSTANT kRecipeLimit = 6;        // float, twice the jitter of the mixer
GPU_CONSTANT kRecipeSigmoid = 7;      // 1: scores are sigmoids
GPU_CONSTANT kRecipeGroups = 8;
GPU_CONSTANT kRecipeGroupsChosen = 9;
GPU_CONSTANT kRecipePairScore = 10;  // as GroupParams
GPU_CONSTANT kRecipeBanned = 11;     // how many of each follow
GPU_CONSTANT kRecipeForced = 12;
GPU_CONSTANT kRecipeSwapped = 13;
GPU_CONSTANT kRecipeScaled = 14;
GPU_CONSTANT kRecipeWords = 15;

GPU_CONSTANT kChooseBest = 0;     // the best K logits
GPU_CONSTANT kChooseGrouped = 1;  // the best K biased scores of the best groups
GPU_CONSTANT kChooseMixer = 2;    // two rounds of SparseMixer
GPU_CONSTANT kChooseNormed = 3;   // logits brought to one spread, then the best K

// y = scale * (x W^T + b), one slice of W: `outputs` rows from firstOutput on, of the experts firstExpert ..
struct ProductParams {
  uint rows;     // of x, without groups
  uint outputs;  // of this slice
  uint firstOutput;
  uint allOutputs;  // of the whole matrix; distance between the experts' biases
  uint steps;       // of a row of W
  uint xSteps;      // between rows of x
  uint yStride;
  uint firstExpert;
  uint experts;
  uint chosen;  // K
  uint flags;
  float scale;
};

struct EmbedParams {
  uint tokens;    // T
  uint steps;     // of a row of the table, and of y
  uint firstRow;  // of this slice of the table
  uint rows;
  float scale;
};

// Row r of x is group r % groups of token r / groups. addAndNorm adds rows of another stream to x before.
struct NormParams {
  uint rows;
  uint width;    // D
  uint groups;   // rows a token
  uint xStride;  // between tokens
  uint yStride;
  uint firstToken;  // of x; y begins with it
  uint centred;     // 1: the mean is taken off first
  uint biased;      // 1: a bias is added last
  float eps;
  uint addedStride;
  float addedScale;
};

struct RopeParams {
  uint tokens;       // T
  uint heads;        // A
  uint keyHeads;     // G
  uint headDim;      // P
  uint valueDim;     // R
  uint paddedDim;    // of a head of queries and keys
  uint paddedValue;  // of a head of values
  uint queryStride;
  uint keyStride;
  uint valueStride;
  uint pairs;    // that rotate, 0: none
  uint offset;   // features of a head before them
  uint sinesAt;  // in floats
  uint interleaved;
  uint temperatureFloor;
  float temperature;  // above 0: queries are multiplied by 1 + temperature ln(1 + floor((position + 1) / floor))
};

struct PadParams {
  uint tokens;  // T
  uint heads;
  uint headDim;    // P
  uint paddedDim;  // of a head of y
  uint xStride;
  uint atPosition;  // y is a cache: token t goes to row first + t
};

struct AttentionParams {
  uint tokens;       // queries of this block
  uint firstQuery;   // of this block within q
  uint heads;        // A
  uint group;        // A / G, query heads a key/value head
  uint keyHeads;     // G
  uint headDim;      // P
  uint paddedDim;    // of a head of q and keys
  uint valueDim;     // R
  uint paddedValue;  // of a head of values
  uint scoreStride;  // between rows of scores (A, tokens, scoreStride)
  uint yStride;
  uint window;  // 0: all earlier positions
  uint chunk;   // 0: no blocks
  float scale;
  uint tiled;  // 1: query head a meets key/value head a % keyHeads instead of a / group
  uint sinks;      // 1: a logit a head takes part in the softmax only
  float logitCap;  // cap * tanh(score / cap); 0: no
};

struct RouterParams {
  uint tokens;   // T
  uint experts;  // E
  uint chosen;   // K
  uint stride;   // between rows of logits and scores
  uint form;     // of the weights: kWeightScore, ...
  float scale;
};

struct GroupParams {
  uint tokens;   // T
  uint experts;  // E
  uint groups;   // divides E; 1: only the bias
  uint groupsChosen;
  uint pairScore;  // 1: a group counts as the sum of its two best experts, 0: as its best
  uint biased;     // 1: a bias is added to the scores
};

struct ChangeParams {
  uint tokens;   // T
  uint experts;  // E
  uint columns;  // of ids and weights
  uint table;    // where the tokens' recipes are told, in words
  uint biased;   // 1: a bias is added to grouped scores
};

struct SparseMixerParams {
  uint tokens;   // T
  uint experts;  // E
  float limit;   // twice the jitter
};

struct LatentParams {
  uint tokens;    // T
  uint heads;     // A
  uint nopeDim;   // N
  uint headDim;   // P
  uint valueDim;  // R
};

struct PairParams {
  uint rows;
  uint width;    // D, of x
  uint xStride;
  uint yStride;  // columns from 2 D to yStride are set to zero
  uint back;     // positions before its own that row 0 looks back from: 1, or 2 where y begins a position early
  uint byPosition;
};

struct DispatchParams {
  uint tokens;    // T
  uint experts;   // E
  uint chosen;    // K
  uint capacity;  // C
  uint tileRows;  // rows of a tile of the grouped product
  uint tiles;     // entries of the tile table
};

struct ActivateParams {
  uint rows;
  uint width;  // H
  uint gateStride;
  uint upStride;
  uint yStride;  // columns from width to yStride are set to zero
  uint activation;
};

// Elementwise work on rows.
struct RowsParams {
  uint rows;
  uint width;
  uint xStride;
  uint yStride;
  uint parts;   // K of sumRanks
  float value;  // limit of clip; scale of add, and of what sumRanks adds to the stream, 0: it adds nothing
};

// A painted picture: items in order over a background, by tiles. Words of an item: colour 0xAARRGGBB; kind << 24 | alpha
// of the third, second and first corner; y0 << 16 | x0; y1 << 16 | x1; u; v; x and y of three corners as floats.
GPU_CONSTANT kPaintItemWords = 12;
GPU_CONSTANT kPaintTileWidth = 32;
GPU_CONSTANT kPaintTileHeight = 16;
GPU_CONSTANT kPaintSolid = 0;
GPU_CONSTANT kPaintPicture = 1;
GPU_CONSTANT kPaintTriangle = 2;

struct PaintParams {
  uint width;
  uint height;
  uint tilesAcross;
  uint background;
  uint atlasWidth;
  uint atlasRows;
};

#ifdef __cplusplus
}  // namespace gpu
#endif
#undef GPU_CONSTANT

#endif  // GPU_SHARED_H
