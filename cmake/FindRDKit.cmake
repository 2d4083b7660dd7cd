# Finds RDKit as Debian packages it (no CMake configuration is shipped): one imported target RDKit::<component> per library
# asked for, e.g. find_package(RDKit COMPONENTS GraphMol SmilesParse). Another installation: set RDKit_ROOT.
find_path(RDKit_INCLUDE_DIR GraphMol/ROMol.h PATH_SUFFIXES rdkit)
set(rdkit_libraries)
foreach(component IN LISTS RDKit_FIND_COMPONENTS)
  find_library(RDKit_${component}_LIBRARY RDKit${component})
  list(APPEND rdkit_libraries RDKit_${component}_LIBRARY)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RDKit REQUIRED_VARS RDKit_INCLUDE_DIR ${rdkit_libraries}
  REASON_FAILURE_MESSAGE "install librdkit-dev")
if(RDKit_FOUND)
  foreach(component IN LISTS RDKit_FIND_COMPONENTS)
    if(NOT TARGET RDKit::${component})
      add_library(RDKit::${component} UNKNOWN IMPORTED)
      set_target_properties(RDKit::${component} PROPERTIES IMPORTED_LOCATION "${RDKit_${component}_LIBRARY}")
      target_include_directories(RDKit::${component} SYSTEM INTERFACE "${RDKit_INCLUDE_DIR}")
    endif()
    mark_as_advanced(RDKit_${component}_LIBRARY)
  endforeach()
endif()
mark_as_advanced(RDKit_INCLUDE_DIR)
