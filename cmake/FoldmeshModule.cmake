# One folder = one module = one static library. What it links is read from module_deps.txt (the arrows); what it
# takes from outside stands in the folder's own CMakeLists.txt.

set(FOLDMESH_WARNINGS -Wall -Wextra -Wconversion -Wno-sign-conversion)
if(FOLDMESH_WERROR)
  list(APPEND FOLDMESH_WARNINGS -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND FOLDMESH_WARNINGS -Wno-restrict)  # false alarms in std::string of gcc 12 (its bug 105651)
endif()
set(FOLDMESH_SANITIZE_FLAGS "")
if(FOLDMESH_SANITIZE)
  set(FOLDMESH_SANITIZE_FLAGS -fsanitize=${FOLDMESH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc's sanitizer instrumentation invents maybe-uninitialized warnings in standard headers.
    list(APPEND FOLDMESH_SANITIZE_FLAGS -Wno-maybe-uninitialized)
  endif()
endif()
file(READ "${CMAKE_CURRENT_LIST_DIR}/module_deps.txt" FOLDMESH_ARROWS)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/module_deps.txt")

# "runtime/ref" -> foldmesh_runtime_ref
function(foldmesh_target_name module out)
  string(REPLACE "/" "_" name "foldmesh_${module}")
  set(${out} ${name} PARENT_SCOPE)
endfunction()

function(foldmesh_common_options target)
  target_compile_options(${target} PRIVATE ${FOLDMESH_WARNINGS} ${FOLDMESH_SANITIZE_FLAGS})
  target_link_options(${target} PRIVATE ${FOLDMESH_SANITIZE_FLAGS})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# For code that only calls the library: tests and option parsing spend their time compiling, not running.
function(foldmesh_compile_quickly target)
  if(FOLDMESH_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  else()
    target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-O1>)
  endif()
endfunction()

# For the innermost loops of a module, under sanitizers: checks of each index, and coverage for fuzzers, would keep their
# sums in memory instead of registers and take most of the tests' time. Checks of the memory that is accessed stay.
function(foldmesh_check_memory_only)
  if(FOLDMESH_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS
      "-fno-sanitize=fuzzer-no-link;-fno-sanitize=alignment,bounds,null,object-size,pointer-overflow")
  endif()
endfunction()

# Standard headers that most files include, parsed once for libraries and once, with GoogleTest, for tests. Files include
# what they use all the same: builds with a compiler cache, which gain nothing from this, do without. Not for gcc 12,
# which warns of its own standard headers if they come precompiled.
function(foldmesh_precompile_headers)
  set(headers <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <fstream> <functional> <map> <memory> <optional>
              <span> <string> <string_view> <vector> <fmt/format.h> <nlohmann/json.hpp>)
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/precompiled_headers.cc CONTENT "")
  foldmesh_add_headers(foldmesh_library_headers ${headers})
  if(FOLDMESH_BUILD_TESTS)
    foldmesh_add_headers(foldmesh_test_headers ${headers} <gtest/gtest.h>)
    foldmesh_compile_quickly(foldmesh_test_headers)
    target_link_libraries(foldmesh_test_headers PRIVATE GTest::gtest)
  endif()
endfunction()

function(foldmesh_add_headers target)
  add_library(${target} OBJECT ${PROJECT_BINARY_DIR}/precompiled_headers.cc)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  foldmesh_common_options(${target})
  target_link_libraries(${target} PRIVATE fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)
endfunction()

# Compiles the target with the headers that the other one, if there is such, has parsed.
function(foldmesh_use_headers target owner)
  if(TARGET ${owner})
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

# Adds every module folder that module_deps.txt names, in its order.
macro(foldmesh_add_modules)
  if(FOLDMESH_PRECOMPILED_HEADERS AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    foldmesh_precompile_headers()
  endif()
  string(REGEX MATCHALL "[^\n]+" _lines "${FOLDMESH_ARROWS}")
  foreach(_line IN LISTS _lines)
    if(_line MATCHES "^([a-z0-9_/]+):")
      if(EXISTS "${PROJECT_SOURCE_DIR}/foldmesh/${CMAKE_MATCH_1}/CMakeLists.txt")
        # The program itself is <build>/foldmesh, so the modules' build files live elsewhere.
        add_subdirectory(foldmesh/${CMAKE_MATCH_1} modules/${CMAKE_MATCH_1})
      endif()
    endif()
  endforeach()
endmacro()

# foldmesh_module(hmm [RECURSE] [EXTERNAL lib...] [TEST_EXTERNAL lib...])
#   sources: *.cc of the folder (RECURSE: and below); *_test.cc become <module>_test, *_bench.cc belong to bench/.
function(foldmesh_module module)
  cmake_parse_arguments(ARG "RECURSE" "" "EXTERNAL;TEST_EXTERNAL" ${ARGN})
  foldmesh_target_name(${module} target)
  set(glob GLOB)
  if(ARG_RECURSE)
    set(glob GLOB_RECURSE)
  endif()
  file(${glob} sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")

  add_library(${target} STATIC ${sources})
  string(REPLACE "/" "::" alias "foldmesh::${module}")
  add_library(${alias} ALIAS ${target})
  foldmesh_common_options(${target})
  foldmesh_use_headers(${target} foldmesh_library_headers)
  target_link_libraries(${target} PUBLIC fmt::fmt Threads::Threads ${ARG_EXTERNAL})
  if(NOT module STREQUAL "base")
    target_link_libraries(${target} PUBLIC foldmesh_base)
  endif()
  if(NOT FOLDMESH_ARROWS MATCHES "\n${module}:([^\n]*)")
    message(FATAL_ERROR "module ${module} is not listed in cmake/module_deps.txt")
  endif()
  string(REGEX MATCHALL "[a-z0-9_/]+" deps "${CMAKE_MATCH_1}")
  foreach(dep IN LISTS deps)
    foldmesh_target_name(${dep} dep_target)
    if(EXISTS "${PROJECT_SOURCE_DIR}/foldmesh/${dep}/CMakeLists.txt")
      target_link_libraries(${target} PUBLIC ${dep_target})
    endif()
  endforeach()

  if(FOLDMESH_BUILD_TESTS AND tests)
    foldmesh_test(${target}_test SOURCES ${tests} LIBS ${target} ${ARG_TEST_EXTERNAL})
  endif()
endfunction()

# How test code is compiled, in a program of its own or shared.
function(foldmesh_test_options target)
  foldmesh_common_options(${target})
  foldmesh_compile_quickly(${target})
  foldmesh_use_headers(${target} foldmesh_test_headers)
  target_compile_definitions(${target} PRIVATE
    FOLDMESH_TESTS_DIR="${PROJECT_SOURCE_DIR}/tests"
    FOLDMESH_PROGRAM="${PROJECT_BINARY_DIR}/foldmesh")
endfunction()

# foldmesh_test_objects(name SOURCES ... LIBS ...): sources of several test programs, which name it among their LIBS.
function(foldmesh_test_objects name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} OBJECT ${ARG_SOURCES})
  foldmesh_test_options(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LIBS} GTest::gtest)
endfunction()

# foldmesh_test(name SOURCES ... LIBS ... [LABELS ...] [TIMEOUT seconds]): one GoogleTest program; ctest lists every case of it.
function(foldmesh_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  foldmesh_test_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest_main)
  # Names of tests as the sources give them: values printed in their place would hold addresses.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
