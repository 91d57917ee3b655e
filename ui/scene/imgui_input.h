// The mouse, for ImGui 1.86, which has no queue of its own: a press and a release that arrive in one frame would be
// lost, and a release in the frame of a move breaks a drag. Events wait here and each frame takes what may go together;
// newer ImGui queues by itself, then this file goes.
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "ui/scene/scene.h"

struct ImGuiIO;

namespace ui {

struct CanvasEvent;

class ImGuiInput {
 public:
  void moved(Point at);
  void left();
  void pressed(int button);
  void released(int button);
  void wheel(Point notches);

  void feed(ImGuiIO& io);  // before NewFrame
  // After NewFrame: what happened, told with scene ids. `hovered` is what lies under the pointer.
  std::vector<CanvasEvent> events(SceneId hovered);

  bool waiting() const { return !m_queue.empty(); }
  bool inside() const { return m_inside; }
  Point position() const { return m_position; }

 private:
  enum class Kind : uint8_t { Move, Leave, Press, Release, Wheel };
  struct Item {
    Kind kind;
    int button;
    Point value;
  };

  std::deque<Item> m_queue;
  Point m_position;
  bool m_inside = false;
  std::array<bool, 3> m_down{};
  std::array<SceneId, 3> m_pressedOn{};
  std::array<Point, 3> m_pressedAt{};
  std::array<bool, 3> m_dragging{};
  SceneId m_lastHovered = 0;
};

}  // namespace ui
