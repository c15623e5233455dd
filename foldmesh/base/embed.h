// Files of the source tree as bytes of the program.
#ifndef FOLDMESH_BASE_EMBED_H_
#define FOLDMESH_BASE_EMBED_H_

#include <cstddef>
#include <string_view>

// At file scope: FOLDMESH_EMBED(name, "path"); then FOLDMESH_EMBEDDED(name) is a string_view of the file. The
// assembler takes the file as it is, because half a megabyte as a C++ literal costs a compiler seconds.
// `name` is unique in the program. The file must stand in the source's OBJECT_DEPENDS, or changes of it go
// unnoticed.
#define FOLDMESH_EMBED(name, path)                                                 \
  __asm__(".section .rodata\n.balign 16\n" #name ":\n.incbin \"" path "\"\n" #name \
          "_end:\n.byte 0\n.previous\n");                                          \
  extern "C" const char name[] __asm__(#name);                                     \
  extern "C" const char name##_end[] __asm__(#name "_end")

#define FOLDMESH_EMBEDDED(name) std::string_view(name, static_cast<size_t>(name##_end - name))

#endif  // FOLDMESH_BASE_EMBED_H_
