#include "ui/scene/imgui_input.h"

#include <imgui.h>

#include <cfloat>
#include <cmath>

#include "ui/scene/canvas.h"

namespace ui {
namespace {
constexpr float kDragFrom = 4;  // logical pixels the pointer must go before a press is a drag
}

void ImGuiInput::moved(Point at) {
  if (!m_queue.empty() && m_queue.back().kind == Kind::Move) {  // only the last place counts
    m_queue.back().value = at;
  } else {
    m_queue.push_back({Kind::Move, 0, at});
  }
}

void ImGuiInput::left() { m_queue.push_back({Kind::Leave, 0, {}}); }
void ImGuiInput::pressed(int button) { m_queue.push_back({Kind::Press, button, {}}); }
void ImGuiInput::released(int button) { m_queue.push_back({Kind::Release, button, {}}); }
void ImGuiInput::wheel(Point notches) { m_queue.push_back({Kind::Wheel, 0, notches}); }

void ImGuiInput::feed(ImGuiIO& io) {
  io.MouseWheel = io.MouseWheelH = 0;
  bool moved = false;
  std::array<bool, 3> changed{};
  while (!m_queue.empty()) {
    const Item item = m_queue.front();
    if (item.kind == Kind::Press || item.kind == Kind::Release) {
      const auto button = static_cast<size_t>(item.button);
      if (changed[button] || (item.kind == Kind::Release && moved)) break;
      m_down[button] = item.kind == Kind::Press;
      changed[button] = true;
    } else if (item.kind == Kind::Wheel) {
      io.MouseWheelH += item.value.x;
      io.MouseWheel += item.value.y;
    } else {
      const bool pressedNow = changed[0] || changed[1] || changed[2];
      if (moved || pressedNow) break;
      moved = true;
      m_inside = item.kind == Kind::Move;
      if (m_inside) m_position = item.value;
    }
    m_queue.pop_front();
  }
  io.MousePos = m_inside ? ImVec2(m_position.x, m_position.y) : ImVec2(-FLT_MAX, -FLT_MAX);
  for (size_t i = 0; i < m_down.size(); ++i) io.MouseDown[i] = m_down[i];
}

std::vector<CanvasEvent> ImGuiInput::events(SceneId hovered) {
  using Event = CanvasEvent::Kind;
  std::vector<CanvasEvent> out;
  if (hovered != m_lastHovered) out.push_back({Event::Hover, MouseButton::Left, hovered, hovered, m_position, {}});
  m_lastHovered = hovered;
  for (size_t i = 0; i < m_down.size(); ++i) {
    const auto button = static_cast<MouseButton>(i);
    const int number = static_cast<int>(i);
    if (ImGui::IsMouseClicked(number)) {
      m_pressedOn[i] = hovered;
      m_pressedAt[i] = m_position;
      m_dragging[i] = false;
      out.push_back({Event::Press, button, hovered, hovered, m_position, {}});
      if (ImGui::IsMouseDoubleClicked(number)) {
        out.push_back({Event::DoubleClick, button, hovered, hovered, m_position, {}});
      }
    }
    const Point moved{m_position.x - m_pressedAt[i].x, m_position.y - m_pressedAt[i].y};
    if (m_down[i] && (m_dragging[i] || std::hypot(moved.x, moved.y) >= kDragFrom)) {
      m_dragging[i] = true;
      out.push_back({Event::Drag, button, m_pressedOn[i], hovered, m_position, moved});
    }
    if (ImGui::IsMouseReleased(number)) {
      if (!m_dragging[i] && hovered == m_pressedOn[i]) {
        out.push_back({Event::Click, button, hovered, hovered, m_position, {}});
      }
      out.push_back({Event::Release, button, m_pressedOn[i], hovered, m_position, moved});
      m_dragging[i] = false;
    }
  }
  const ImGuiIO& io = ImGui::GetIO();
  if (io.MouseWheel != 0 || io.MouseWheelH != 0) {
    out.push_back({Event::Wheel, MouseButton::Left, hovered, hovered, m_position, {io.MouseWheelH, io.MouseWheel}});
  }
  return out;
}

}  // namespace ui
