#include "ui/scene/canvas.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "ui/scene/imgui_input.h"
#include "ui/scene/paint_imgui.h"
#include "ui/scene/raster.h"

namespace ui {

struct Canvas::State {
  ImGuiContext* context = nullptr;
  ImGuiInput input;
  Image image;
  Canvas::Painter painter;
  std::vector<CanvasEvent> events;
  SceneId hovered = 0;
};

Canvas::Canvas() : m_state(std::make_unique<State>()) {
  m_state->context = ImGui::CreateContext();
  ImGui::SetCurrentContext(m_state->context);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  io.Fonts->AddFontDefault();  // ImGui wants a font; nothing is ever written with it
  io.Fonts->Build();
  io.Fonts->TexUvWhitePixel = {GlyphAtlas::kWhiteU, GlyphAtlas::kWhiteV};
  ImGui::GetStyle().AntiAliasedLinesUseTex = false;
}

Canvas::~Canvas() { ImGui::DestroyContext(m_state->context); }

void Canvas::mouseMoved(Point at) { m_state->input.moved(at); }
void Canvas::mouseLeft() { m_state->input.left(); }
void Canvas::mousePressed(MouseButton button) { m_state->input.pressed(static_cast<int>(button)); }
void Canvas::mouseReleased(MouseButton button) { m_state->input.released(static_cast<int>(button)); }
void Canvas::wheel(Point notches) { m_state->input.wheel(notches); }
const Image& Canvas::image() const { return m_state->image; }
const std::vector<CanvasEvent>& Canvas::events() const { return m_state->events; }
SceneId Canvas::hovered() const { return m_state->hovered; }
Point Canvas::mouse() const { return m_state->input.position(); }
bool Canvas::wantsFrame() const { return m_state->input.waiting(); }

const ImDrawData& Canvas::drawData(const Scene& scene, TextShaper& shaper, float deviceScale) {
  State& s = *m_state;
  ImGui::SetCurrentContext(s.context);
  ImGuiIO& io = ImGui::GetIO();
  io.DeltaTime = 1.0f / 60;
  io.Fonts->SetTexID(const_cast<GlyphAtlas*>(&shaper.atlas()));
  io.DisplaySize = {std::max(1.0f, std::round(scene.size().width * deviceScale)),
                    std::max(1.0f, std::round(scene.size().height * deviceScale))};
  // Glyphs of this frame may fill the atlas; then their places are void and the frame is drawn once more, in an atlas
  // that holds nothing but this frame.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const uint32_t generation = shaper.atlas().generation();
    if (attempt == 0) s.input.feed(io);
    ImGui::NewFrame();
    ImDrawList* list = ImGui::GetBackgroundDrawList();
    list->Flags |= ImDrawListFlags_AntiAliasedLines | ImDrawListFlags_AntiAliasedFill;
    paintImGui(scene, shaper, deviceScale, *list);
    if (attempt == 0) {
      s.hovered = s.input.inside() ? hitTest(scene, s.input.position()) : 0;
      s.events = s.input.events(s.hovered);
    }
    ImGui::Render();
    if (shaper.atlas().generation() == generation) break;
  }
  return *ImGui::GetDrawData();
}

void Canvas::frame(const Scene& scene, TextShaper& shaper, float deviceScale, Colour background,
                   core::ThreadPool* pool) {
  const ImDrawData& data = drawData(scene, shaper, deviceScale);
  m_state->image.resize(static_cast<int>(data.DisplaySize.x), static_cast<int>(data.DisplaySize.y));
  if (m_state->painter && m_state->painter(data, shaper.atlas(), background, m_state->image)) return;
  m_state->painter = {};
  rasterise(data, shaper.atlas(), background, pool, m_state->image);
}

void Canvas::setPainter(Painter painter) { m_state->painter = std::move(painter); }

Image paintImage(const Scene& scene, TextShaper& shaper, float deviceScale, Colour background) {
  Canvas canvas;
  canvas.frame(scene, shaper, deviceScale, background, nullptr);
  return canvas.image();
}

}  // namespace ui
