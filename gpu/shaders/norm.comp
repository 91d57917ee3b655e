#version 450
#extension GL_GOOGLE_include_directive : require
// y = x / sqrt(mean(x^2) + eps) * w; y may be x. A layer norm takes the mean off x first and adds a bias last.
#include "shared.h"
#include "norm.glsl"
