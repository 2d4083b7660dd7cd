# Finds the OpenMP runtime of GCC, the one that oneDNN runs on (part of every GCC): imported target Gomp::Gomp. It is not FindOpenMP: no
# source of ours has OpenMP pragmas, and clang would bring another runtime, whose settings oneDNN does not see.
find_library(Gomp_LIBRARY NAMES libgomp.so.1 gomp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Gomp REQUIRED_VARS Gomp_LIBRARY REASON_FAILURE_MESSAGE "install libgomp1")
if(Gomp_FOUND AND NOT TARGET Gomp::Gomp)
  add_library(Gomp::Gomp UNKNOWN IMPORTED)
  set_target_properties(Gomp::Gomp PROPERTIES IMPORTED_LOCATION "${Gomp_LIBRARY}")
endif()
mark_as_advanced(Gomp_LIBRARY)
