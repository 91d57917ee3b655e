// What a screen reader finds in a canvas: one child for each instrument, with the sentence that says what its picture
// shows, and its numbers as text.
#pragma once

namespace app {

// Teaches Qt to read CanvasWidgets; once for a program.
void installCanvasAccessibility();

}  // namespace app
