// The whole way from a scene to pixels, and from the mouse to scene ids: one ImGui context, painted by the CPU raster,
// or by a GPU from the same draw data. What a host widget needs and all it needs; ImGui stays behind it.
//
// A frame:  canvas.mouse...(...) as events arrive;  canvas.frame(scene, shaper, ...);  show canvas.image();
//           look at canvas.events();  if canvas.wantsFrame(), call frame() again soon (input is spread over frames).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ui/scene/image.h"
#include "ui/scene/scene.h"

struct ImDrawData;

namespace core {
class ThreadPool;
}

namespace ui {

enum class MouseButton : uint8_t { Left, Right, Middle };

struct CanvasEvent {
  enum class Kind : uint8_t { Hover, Press, Click, DoubleClick, Drag, Release, Wheel };
  Kind kind = Kind::Hover;
  MouseButton button = MouseButton::Left;
  SceneId id = 0;     // what is under the pointer; for Drag and Release what the drag began on
  SceneId under = 0;  // Drag and Release: what is under the pointer now
  Point at;           // logical pixels
  Point moved;        // Drag: since the press; Wheel: notches
};

class Canvas {
 public:
  Canvas();
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  // Input as it happens, in logical pixels of the canvas. Events are kept in order and never lost.
  void mouseMoved(Point at);
  void mouseLeft();
  void mousePressed(MouseButton button);
  void mouseReleased(MouseButton button);
  void wheel(Point notches);

  // Draws the scene and takes in the next input. The image has round(size * deviceScale) pixels.
  void frame(const Scene& scene, TextShaper& shaper, float deviceScale, Colour background, core::ThreadPool* pool);

  // Another painter of the frames, on a GPU; false: it failed, and the raster paints this frame and all later ones.
  using Painter = std::function<bool(const ImDrawData&, const GlyphAtlas&, Colour background, Image&)>;
  void setPainter(Painter painter);  // empty: the raster

  const Image& image() const;
  const std::vector<CanvasEvent>& events() const;  // of the last frame
  SceneId hovered() const;
  Point mouse() const;
  bool wantsFrame() const;  // input is waiting

  // For a GPU: the same frame as draw data (device pixels, one texture: the shaper's atlas). frame() without the
  // raster.
  const ImDrawData& drawData(const Scene& scene, TextShaper& shaper, float deviceScale);

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

// A scene as pixels in one call, for files and tests.
Image paintImage(const Scene& scene, TextShaper& shaper, float deviceScale, Colour background);

}  // namespace ui
