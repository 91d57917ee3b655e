// Draws an instrument of the demo run into a PNG, to be looked at:
//   ui_render NAME OUT.png WIDTH HEIGHT [--light] [--scale S] [--text S] [--experts E] [--chosen K] [--layers L]
//             [--tokens T] [--token t] [--layer l] [--expert e] [--stage s] [--lens n] [--routing] [--nocapacity]
//             [--labels]
#include <png.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "core/base/thread_pool.h"
#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "core/model/loader.h"
#include "core/text/tokenizer.h"
#include "tests/ui/demo_trace.h"
#include "tests/ui/freetype_shaper.h"
#include "tests/ui/scenes.h"
#include "ui/instruments/canvas_scenes.h"
#include "ui/scene/canvas.h"

namespace {

bool writePng(const char* path, const ui::Image& image) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_BGRA;
  return png_image_write_to_file(&png, path, 0, image.pixels.data(), 0, nullptr) != 0;
}

const char* const kPrompts[] = {
    "There was a boy named Max who liked to play in the shop. He saw a big red bird near the water. He was very happy "
    "and said, \"Look,",
    "There was a little girl named Lily who liked to play in the shop. She saw a big red bird near the water. She was "
    "very happy and said, \"Look,"};

// The bundled model on a prompt of its own: 24 greedy tokens, capacity 1.0 simulated.
ui::ViewSource realSource(const char* folder, bool capacity, const std::string& prompt) {
  const auto model = core::loadModel(folder);
  if (!model) return std::fprintf(stderr, "%s\n", model.error().message.c_str()), ui::ViewSource{};
  const auto engine = core::makeCpuEngine(*model);
  if (!engine) return std::fprintf(stderr, "%s\n", engine.error().message.c_str()), ui::ViewSource{};
  core::RunRequest request;
  request.prompt = prompt;
  request.ids = (*model)->tokenizer->encode(*request.prompt, false).value();
  request.generate = 24;
  if (capacity) request.capacityRule = core::CapacityRule::Gshard;
  if (capacity) request.capacityFactor = 1.0;
  const auto session = core::Session::start(*engine, request);
  if (!session) return std::fprintf(stderr, "%s\n", session.error().message.c_str()), ui::ViewSource{};
  ui::ViewSource source = ui::makeViewSource((*session)->trace());
  source.tokenText = [tokenizer = (*model)->tokenizer](int32_t id) { return tokenizer->pieceText(id); };
  return source;
}

// Steps the cursor through the run, both canvases at 1280 x 800, and prints how long frames took.
void timeFrames(const ui::ViewSource& source, ui::Cursor cursor, const ui::Theme& theme, float scale) {
  test::FreeTypeShaper shaper;
  const ui::Phrases say;
  ui::Canvas central, lower;
  core::ThreadPool pool(2);
  std::vector<double> scenes, frames;
  const std::clock_t cpu = std::clock();
  const int tokens = std::max(1, source.trace.length());
  for (int step = 0; step < 300; ++step) {
    cursor.token = static_cast<int>(int64_t{step} * 7919 % tokens);
    ui::CanvasOptions options;
    const ui::Look look{theme, shaper, say, {}, false, false};
    const auto start = std::chrono::steady_clock::now();
    const ui::Scene a = ui::makeCentralScene(source, cursor, options, {1280, 501}, look);
    const ui::Scene b = ui::makeLowerScene(source, cursor, options, {892, 215}, look);
    const auto made = std::chrono::steady_clock::now();
    central.frame(a, shaper, scale, theme.bg1, &pool);
    lower.frame(b, shaper, scale, theme.bg1, &pool);
    const auto end = std::chrono::steady_clock::now();
    scenes.push_back(std::chrono::duration<double, std::milli>(made - start).count());
    frames.push_back(std::chrono::duration<double, std::milli>(end - start).count());
  }
  std::printf("processor time a frame: %.2f ms\n",
              1000.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / 300);
  std::sort(scenes.begin(), scenes.end());
  std::sort(frames.begin(), frames.end());
  std::printf("scenes: median %.2f ms, 99 %% %.2f ms; whole frames: median %.2f ms, 99 %% %.2f ms, worst %.2f ms\n",
              scenes[150], scenes[297], frames[150], frames[297], frames[299]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: ui_render NAME OUT.png WIDTH HEIGHT [options]\n");
    return 2;
  }
  test::DemoOptions demo;
  test::SceneOptions options;
  ui::Cursor cursor{22, 3, 8, ui::Stage::Capacity};
  float scale = 1;
  double text = 1;
  bool dark = true;
  const char* model = nullptr;
  for (int i = 5; i < argc; ++i) {
    const std::string name = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::atof(argv[++i]) : 0.0; };
    const auto whole = [&] { return static_cast<int>(number()); };
    if (name == "--light") dark = false;
    if (name == "--scale") scale = static_cast<float>(number());
    if (name == "--text") text = number();
    if (name == "--experts") demo.experts = whole();
    if (name == "--chosen") demo.chosen = whole();
    if (name == "--layers") demo.layers = whole();
    if (name == "--tokens") demo.tokens = whole();
    if (name == "--seed") demo.seed = static_cast<uint32_t>(whole());
    if (name == "--token") cursor.token = whole();
    if (name == "--layer") cursor.layer = whole();
    if (name == "--expert") cursor.expert = whole();
    if (name == "--stage") cursor.stage = static_cast<ui::Stage>(whole());
    if (name == "--lens") options.lens = static_cast<ui::Lens>(whole());
    if (name == "--routing") demo.capture = core::Capture::Routing;
    if (name == "--nocapacity") demo.capacity = false;
    if (name == "--dense") demo.denseLayers.push_back(whole());
    if (name == "--labels") options.ownLabels = true;
    if (name == "--focused") options.focused = true;
    if (name == "--byscore") options.byScore = true;
    if (name == "--hover") options.hoverExpert = whole();
    if (name == "--model" && i + 1 < argc) model = argv[++i];
    if (name == "--empty") options.empty = true;
  }
  test::FreeTypeShaper shaper;
  const ui::Theme theme = ui::makeTheme(dark, text);
  const ui::Size size{static_cast<float>(std::atof(argv[3])), static_cast<float>(std::atof(argv[4]))};
  const ui::ViewSource source = options.empty ? ui::makeViewSource({})
                                : model       ? realSource(model, demo.capacity, kPrompts[0])
                                              : test::demoSource(demo);
  test::DemoOptions second = demo;
  second.seed += 1;
  const ui::ViewSource other = model ? realSource(model, demo.capacity, kPrompts[1]) : test::demoSource(second);
  if (!options.empty) options.other = &other;
  if (std::string(argv[1]) == "time") return timeFrames(source, cursor, theme, scale), 0;
  const ui::Scene scene = test::sceneNamed(argv[1], source, cursor, size, theme, shaper, ui::Phrases(), options);
  const ui::Image image = ui::paintImage(scene, shaper, scale, theme.bg1);
  std::printf("%s\n", scene.sentence.c_str());
  return writePng(argv[2], image) ? 0 : 1;
}
