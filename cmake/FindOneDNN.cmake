# Finds oneDNN (Debian: libdnnl-dev): imported target DNNL::dnnl. Debian's own dnnl-config.cmake is not used: it asks for the OpenCL
# headers and libOpenCL.so of a GPU part that is never called here.
find_path(OneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(OneDNN_LIBRARY dnnl)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS OneDNN_INCLUDE_DIR OneDNN_LIBRARY
  REASON_FAILURE_MESSAGE "install libdnnl-dev")
if(OneDNN_FOUND AND NOT TARGET DNNL::dnnl)
  add_library(DNNL::dnnl UNKNOWN IMPORTED)
  set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${OneDNN_LIBRARY}")
  target_include_directories(DNNL::dnnl SYSTEM INTERFACE "${OneDNN_INCLUDE_DIR}")
endif()
mark_as_advanced(OneDNN_INCLUDE_DIR OneDNN_LIBRARY)
