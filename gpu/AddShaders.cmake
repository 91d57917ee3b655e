# add_shaders(target shader...): compiles each .comp with glslc and writes kernels.inc, the rows of the table kKernels.
# Kernel norm_rows is `shaders/norm_rows.comp`; the struct of its push constants is named on the line `PUSH` finds.
find_package(Vulkan REQUIRED COMPONENTS glslc)

function(add_shaders target)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/spirv)
  file(MAKE_DIRECTORY ${folder})
  set(outputs)
  set(arrays "")
  set(rows "")
  foreach(source ${ARGN})
    get_filename_component(file_name ${source} NAME_WE)
    # scores_of_x -> scoresOfX
    string(REPLACE "_" ";" words ${file_name})
    set(name "")
    foreach(word ${words})
      if(name)
        string(SUBSTRING ${word} 0 1 head)
        string(SUBSTRING ${word} 1 -1 tail)
        string(TOUPPER ${head} head)
        set(word "${head}${tail}")
      endif()
      string(APPEND name ${word})
    endforeach()
    # The push constants' struct, from the shader itself or the file it includes for them.
    file(READ ${source} text)
    string(REGEX MATCHALL "#include \"[a-z_]+\\.glsl\"" includes "${text}")
    foreach(include ${includes})
      string(REGEX REPLACE "#include \"(.*)\"" "\\1" include ${include})
      file(READ ${CMAKE_CURRENT_SOURCE_DIR}/shaders/${include} included)
      string(APPEND text "${included}")
    endforeach()
    if(NOT text MATCHES "push_constant\\) uniform Push { ([A-Za-z]+) p; }")
      message(FATAL_ERROR "${source}: no push constants found")
    endif()
    set(params ${CMAKE_MATCH_1})
    set(output ${folder}/${file_name}.inc)
    add_custom_command(
      OUTPUT ${output}
      COMMAND Vulkan::glslc --target-env=vulkan1.1 -O -Werror -mfmt=c -MD -MF ${output}.d -o ${output} ${source}
      DEPENDS ${source}
      DEPFILE ${output}.d
      COMMENT "Shader ${file_name}")
    list(APPEND outputs ${output})
    string(APPEND arrays "constexpr uint32_t kSpirv_${name}[] =\n#include \"${file_name}.inc\"\n;\n")
    string(APPEND rows "    {\"${name}\", kSpirv_${name}, sizeof(kSpirv_${name}), sizeof(${params})},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/kernels.inc CONTENT "${arrays}\nconstexpr Kernel kKernelTable[] = {\n${rows}};\n" @ONLY)
  add_custom_target(${target}_shaders DEPENDS ${outputs})
  add_dependencies(${target} ${target}_shaders)
  target_include_directories(${target} PRIVATE ${folder})
  set_property(SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/kernels.cpp APPEND PROPERTY OBJECT_DEPENDS "${outputs}")
endfunction()
