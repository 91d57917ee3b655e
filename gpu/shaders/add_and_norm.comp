#version 450
#extension GL_GOOGLE_include_directive : require
// x += addedScale * added, then y = norm(x). A kernel of its own: the plain norm does not write its x.
#include "shared.h"
#define ADDS
#include "norm.glsl"
