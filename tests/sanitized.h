// Whether this build runs under a sanitizer, which costs time and memory: long tests do less then.
#ifndef FOLDMESH_TESTS_SANITIZED_H_
#define FOLDMESH_TESTS_SANITIZED_H_

namespace foldmesh::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace foldmesh::tests

#endif  // FOLDMESH_TESTS_SANITIZED_H_
