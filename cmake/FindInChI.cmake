# Finds the InChI library (Debian: libinchi-dev, LGPL 2.1): imported target InChI::InChI.
find_path(InChI_INCLUDE_DIR inchi_api.h)
find_library(InChI_LIBRARY inchi)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(InChI REQUIRED_VARS InChI_INCLUDE_DIR InChI_LIBRARY
  REASON_FAILURE_MESSAGE "install libinchi-dev")
if(InChI_FOUND AND NOT TARGET InChI::InChI)
  add_library(InChI::InChI UNKNOWN IMPORTED)
  set_target_properties(InChI::InChI PROPERTIES IMPORTED_LOCATION "${InChI_LIBRARY}")
  target_include_directories(InChI::InChI SYSTEM INTERFACE "${InChI_INCLUDE_DIR}")
endif()
mark_as_advanced(InChI_INCLUDE_DIR InChI_LIBRARY)
