# Flags of our own targets only; third-party headers are SYSTEM and never see them.
add_library(molbridge_internal_flags INTERFACE)
target_compile_options(molbridge_internal_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wno-missing-field-initializers
  -Wno-restrict # false positives of GCC 12 in std::string (bug 105651)
  -ffp-contract=off) # results must not depend on which expressions a compiler fuses
if(MOLBRIDGE_WERROR)
  target_compile_options(molbridge_internal_flags INTERFACE -Werror)
endif()
target_compile_definitions(molbridge_internal_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(MOLBRIDGE_SANITIZE)
  add_compile_options(-fsanitize=${MOLBRIDGE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MOLBRIDGE_SANITIZE})
endif()

find_program(MOLBRIDGE_CCACHE ccache)
if(MOLBRIDGE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MOLBRIDGE_CCACHE})
endif()
find_program(MOLBRIDGE_MOLD mold)
if(MOLBRIDGE_MOLD AND NOT MOLBRIDGE_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()
