# foldmesh_embed_text(target file.txt header function): `function()` of the header returns the file's bytes.
# Run as a script (cmake -P) it writes the source file: an array of numbers, because compilers limit literals.
function(foldmesh_embed_text target file header function)
  set(input "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${function}.cc")
  add_custom_command(OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DHEADER=${header} -DFUNCTION=${function}
            -P "${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake"
    DEPENDS "${input}" "${PROJECT_SOURCE_DIR}/cmake/EmbedText.cmake" VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE AND INPUT)
  file(READ "${INPUT}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE "${OUTPUT}" "#include \"${HEADER}\"

namespace foldmesh::relax {
namespace {
constexpr char kText[] = {${bytes}};
}
std::string_view ${FUNCTION}() { return {kText, sizeof kText}; }
}  // namespace foldmesh::relax
")
endif()
