# Flags of our own targets only; third-party headers are SYSTEM and never see them.
add_library(molbridge_internal_flags INTERFACE)
target_compile_options(molbridge_internal_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> # false positives of GCC 12 in std::string (bug 105651)
  -ffp-contract=off) # results must not depend on which expressions a compiler fuses
if(MOLBRIDGE_WERROR)
  target_compile_options(molbridge_internal_flags INTERFACE -Werror)
endif()
target_compile_definitions(molbridge_internal_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(MOLBRIDGE_SANITIZE)
  add_compile_options(-fsanitize=${MOLBRIDGE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MOLBRIDGE_SANITIZE})
endif()
if(MOLBRIDGE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "MOLBRIDGE_FUZZ needs clang (libFuzzer); use the preset fuzz, packages in packages/debian12-dev.txt")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link) # coverage of the modules, not only of the target's own file
endif()

find_program(MOLBRIDGE_CCACHE ccache)
if(MOLBRIDGE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MOLBRIDGE_CCACHE})
endif()
find_program(MOLBRIDGE_MOLD mold)
if(MOLBRIDGE_MOLD AND NOT MOLBRIDGE_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
