#include "core/snapshot/snapshot.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "core/base/thread_pool.h"
#include "core/snapshot/atomic_file.h"
#include "core/snapshot/provenance.h"
#include "tests/support/small_trace.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;
using test::ScratchFolder;
using test::smallTrace;

std::string textOf(core::Status (*writer)(const core::Trace&, const core::SnapshotOptions&, const core::ByteSink&),
                   const core::Trace& trace, const core::SnapshotOptions& options = {}) {
  std::string out;
  const core::Status status = writer(trace, options, [&](std::string_view bytes) {
    out += bytes;
    return core::Status();
  });
  EXPECT_TRUE(status);
  return out;
}

// A trace of so many tokens, whose numbers fill several pieces and, with the tensors together, several batches.
core::Trace longTrace(int tokens) {
  core::Trace trace = core::Trace(smallTrace().sharedInfo())
                          .withIds(std::vector<int32_t>(static_cast<size_t>(tokens), 7),
                                   std::vector<std::string>(static_cast<size_t>(tokens), "g"));
  std::vector<float> logits(static_cast<size_t>(tokens) * 4);
  std::vector<int32_t> ids(static_cast<size_t>(tokens) * 2);
  for (size_t i = 0; i < logits.size(); ++i) {
    logits[i] = i % 97 == 0 ? std::numeric_limits<float>::quiet_NaN()
                            : std::ldexp(static_cast<float>(i) - 30000, static_cast<int>(i % 90) - 45);
  }
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i) - 5;
  core::Block block{core::Stream::Layer, 1, 0, tokens, {}};
  block.arrays.push_back({core::Hook::RouterLogits, 4, std::move(logits), {}});
  block.arrays.push_back({core::Hook::RouterIds, 2, {}, std::move(ids)});
  return trace.with(std::move(block));
}

std::string names(const std::vector<core::SnapshotTensor>& tensors) {
  std::string out;
  for (const core::SnapshotTensor& tensor : tensors) {
    out += tensor.name + " ";
    for (const int64_t size : tensor.shape) out += std::to_string(size) + " ";
    out += tensor.type == core::SnapshotType::F32 ? "F32\n" : "I64\n";
  }
  return out;
}

TEST(Json, ADocumentThatSeveralThreadsWriteIsTheSameText) {
  const core::Trace trace = longTrace(30000);
  core::ThreadPool pool(3);
  core::SnapshotOptions shared;
  shared.threads = &pool;
  const std::string alone = textOf(core::writeTraceJson, trace);
  EXPECT_EQ(textOf(core::writeTraceJson, trace, shared), alone);
  const Json logits = Json::parse(alone)["tensors"]["generated.layers.1.router.logits"];
  for (const int row : {0, 1021, 1022, 29995}) {
    const auto values = trace.floats(core::Hook::RouterLogits, 1, row + 3);
    for (size_t e = 0; e < 4; ++e) {
      const Json& found = logits[static_cast<size_t>(row)][e];
      if (std::isnan(values[e])) {
        EXPECT_TRUE(found.is_null());
      } else {
        EXPECT_EQ(found.get<float>(), values[e]);
      }
    }
  }
}

TEST(Json, AnErrorOfTheSinkEndsTheWriting) {
  int calls = 0;
  const core::Status status = core::writeTraceJson(longTrace(100000), {}, [&](std::string_view) -> core::Status {
    ++calls;
    return core::fail("the disk is full");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "the disk is full");
  EXPECT_EQ(calls, 1);
}

TEST(Snapshot, TensorsHoldThePromptAndRowsOfGeneratedTokensStandApart) {
  EXPECT_EQ(names(core::snapshotTensors(smallTrace())), R"(embeddings 3 2 F32
generated.embeddings 1 2 F32
generated.ids 1 I64
generated.layers.0.dense 1 2 F32
generated.layers.1.ledger.predicted_effect 1 7 F32
generated.layers.1.router.ids 1 2 I64
generated.layers.1.router.logits 1 4 F32
generated.layers.1.router.margin 1 F32
generated.layers.1.router.weights 1 2 F32
generated.prediction.entropy 1 F32
generated.surprisal 1 F32
greedy 2 I64
ids 3 I64
layers.0.dense 3 2 F32
layers.1.ledger.predicted_effect 3 7 F32
layers.1.router.ids 3 2 I64
layers.1.router.logits 3 4 F32
layers.1.router.margin 3 F32
layers.1.router.weights 3 2 F32
prediction.entropy 3 F32
surprisal 3 F32
)");
}

TEST(Snapshot, SimulatedCapacityGivesKeptAndSlot) {
  const Json json = Json::parse(textOf(core::writeTraceJson, smallTrace({.simulated = true})));
  // One slot an expert; first choices of all tokens are served before second ones.
  EXPECT_EQ(json["tensors"]["layers.1.router.kept"].dump(), "[[1,1],[0,0],[1,1]]");
  EXPECT_EQ(json["tensors"]["layers.1.router.slot"].dump(), "[[0,0],[1,1],[0,0]]");
  EXPECT_EQ(json["tensors"]["generated.layers.1.router.kept"].dump(), "[[0,0]]");
  EXPECT_EQ(json["capacity"]["kind"], "simulated");
}

TEST(Snapshot, JsonHoldsProvenanceAndNumbersWithNullForWhatIsUndefined) {
  const Json json = Json::parse(textOf(core::writeTraceJson, smallTrace()));
  EXPECT_EQ(json["schema"], "expertscope.trace");
  EXPECT_EQ(json["program_version"], "0.1.0");
  EXPECT_EQ(json["model"]["family"], "mixtral");
  EXPECT_EQ(json["model"]["hash"], "00ff");
  EXPECT_EQ(json["engine"]["kernels"], "sse2");
  EXPECT_EQ(json["prompt"], "a=b");
  EXPECT_EQ(json["ids"].dump(), "[1,2,3]");
  EXPECT_EQ(json["generated_ids"].dump(), "[4,5]");
  EXPECT_EQ(json["capacity"]["kind"], "none");
  const Json& tensors = json["tensors"];
  EXPECT_EQ(tensors["layers.1.router.logits"].dump(), "[[1,2,3,4],[0.1,0.2,0.3,0.4],[4,3,2,1]]");
  EXPECT_EQ(tensors["generated.layers.1.router.margin"].dump(), "[null]");
  EXPECT_EQ(tensors["surprisal"].dump(), "[0.5,1,1.5]");
  EXPECT_EQ(tensors["generated.surprisal"].dump(), "[null]");
}

TEST(Snapshot, WithoutThePromptNeitherItsTextNorItsIdsAreWritten) {
  core::SnapshotOptions options;
  options.withPrompt = false;
  const Json json = Json::parse(textOf(core::writeTraceJson, smallTrace(), options));
  EXPECT_TRUE(json["prompt"].is_null());
  EXPECT_TRUE(json["ids"].is_null());
  EXPECT_TRUE(json["texts"].is_null());
  EXPECT_FALSE(json["tensors"].contains("ids"));
  EXPECT_EQ(json["tensors"]["greedy"].dump(), "[4,5]");
  const std::string csv = textOf(core::writeTraceCsv, smallTrace(), options);
  EXPECT_NE(csv.find("\n0,0,,,1,0,3,"), std::string::npos) << csv;
}

TEST(Snapshot, CsvHasARowForEachTokenLayerAndRankAndEscapesText) {
  EXPECT_EQ(textOf(core::writeTraceCsv, smallTrace({.simulated = true})),
            R"(token,position,id,text,layer,rank,expert,logit,score,selection,weight,slot,kept,reason
0,0,1,"a",1,0,3,4,,4,0.75,0,1,
0,0,1,"a",1,1,2,3,,3,0.25,0,1,
1,1,2,"'=",1,0,3,0.4,,0.4,0.5,1,0,over capacity
1,1,2,"'=",1,1,2,0.3,,0.3,0.5,1,0,over capacity
2,2,3,"""b\n",1,0,0,4,,4,0.6,0,1,
2,2,3,"""b\n",1,1,1,3,,3,0.4,0,1,
3,3,4,"c",1,0,0,0,,0,0.5,1,0,over capacity
3,3,4,"c",1,1,1,0,,0,0.5,1,0,over capacity
)");
}

TEST(Snapshot, SafetensorsBytesAreWhereTheHeaderSays) {
  const std::string file = textOf(core::writeSafetensors, smallTrace());
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  ASSERT_LT(length, file.size());
  EXPECT_EQ(length % 8, 0u);
  const Json header = Json::parse(file.substr(8, length));
  EXPECT_EQ(header["__metadata__"]["prompt"], "a=b");
  EXPECT_EQ(header["__metadata__"]["ids"], "[1,2,3]");
  for (const auto& [key, value] : header["__metadata__"].items()) EXPECT_TRUE(value.is_string()) << key;
  const Json& tensor = header["layers.1.router.weights"];
  EXPECT_EQ(tensor["dtype"], "F32");
  EXPECT_EQ(tensor["shape"].dump(), "[3,2]");
  const auto begin = tensor["data_offsets"][0].get<size_t>(), end = tensor["data_offsets"][1].get<size_t>();
  std::vector<float> values(6);
  ASSERT_EQ(end - begin, values.size() * sizeof(float));
  std::memcpy(values.data(), file.data() + 8 + length + begin, end - begin);
  EXPECT_EQ(values, (std::vector<float>{0.75f, 0.25f, 0.5f, 0.5f, 0.6f, 0.4f}));
}

// The bytes of an entry of a ZIP archive; empty if there is none.
std::string entry(const std::filesystem::path& path, const char* name) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (!archive) return {};
  std::string bytes;
  if (zip_file_t* file = zip_fopen(archive, name, 0)) {
    char piece[4096];
    for (zip_int64_t count = 0; (count = zip_fread(file, piece, sizeof piece)) > 0;) bytes.append(piece, count);
    zip_fclose(file);
  }
  zip_close(archive);
  return bytes;
}

TEST(Snapshot, NpzHoldsAnArrayForEachTensorAndTheProvenance) {
  const ScratchFolder folder;
  const auto path = folder.path() / "run.npz";
  const core::Status status = core::writeSnapshot(smallTrace(), path);
  ASSERT_TRUE(status) << status.error().message;
  const std::string ids = entry(path, "ids.npy");
  ASSERT_EQ(ids.size(), 128u + 24u);
  EXPECT_EQ(ids.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(ids.substr(10, 57), "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }");
  const std::string logits = entry(path, "layers.1.router.logits.npy");
  EXPECT_NE(logits.find("'<f4', 'fortran_order': False, 'shape': (3, 4), }"), std::string::npos);
  const std::string metadata = entry(path, "__metadata__.npy");
  const size_t data = 10 + static_cast<uint8_t>(metadata[8]) + 256 * static_cast<uint8_t>(metadata[9]);
  EXPECT_EQ(data % 64, 0u);
  EXPECT_EQ(Json::parse(metadata.substr(data)), core::provenance(smallTrace()));
}

TEST(Snapshot, TheSameRunGivesTheSameBytesInEveryFormat) {
  const ScratchFolder folder;
  for (const char* name : {"a.safetensors", "a.npz", "a.json", "a.csv"}) {
    ASSERT_TRUE(core::writeSnapshot(smallTrace(), folder.path() / name));
    const std::string first = test::readFile(folder.path() / name);
    ASSERT_TRUE(core::writeSnapshot(smallTrace(), folder.path() / name));
    EXPECT_EQ(test::readFile(folder.path() / name), first) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "a.csv.json"));
}

TEST(Snapshot, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const ScratchFolder folder;
  const auto path = folder.path() / "out.json";
  std::ofstream(path) << "old";
  {
    auto file = core::AtomicFile::create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("half of it"));
  }
  EXPECT_EQ(test::readFile(path), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Snapshot, AFullDiskIsAnErrorThatSaysSo) {
  const ScratchFolder folder;
  const auto path = folder.path() / "full.json";
  std::filesystem::create_symlink("/dev/full", path);
  const core::Status status = core::writeSnapshot(smallTrace(), path);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("No space left"), std::string::npos) << status.error().message;
}

TEST(Snapshot, AnUnknownExtensionAndAMissingFolderAreErrors) {
  const core::Status extension = core::writeSnapshot(smallTrace(), "run.txt");
  ASSERT_FALSE(extension);
  EXPECT_EQ(extension.error().message, "run.txt: expected a name that ends in .safetensors, .npz, .csv or .json");
  const core::Status folder = core::writeSnapshot(smallTrace(), "/nowhere/run.json");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message, "/nowhere/run.json: cannot create: No such file or directory");
}

}  // namespace
