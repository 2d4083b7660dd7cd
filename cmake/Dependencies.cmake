# Every third-party library is found here and linked PRIVATE by the one module that wraps it (table in docs/dependencies.md).
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(CURL 7.87 REQUIRED)
find_package(EXPAT REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(RDKit REQUIRED COMPONENTS FileParsers SmilesParse Fingerprints GraphMol DataStructs RDGeneral)
find_package(InChI REQUIRED)
find_package(OneDNN REQUIRED)
<<<<<<< Updated upstream
find_package(OpenMP REQUIRED COMPONENTS CXX)
function(molbridge_find_library name header) # of libraries without a CMake package
  find_library(MOLBRIDGE_LIBRARY_${name} ${name} REQUIRED)
  find_path(MOLBRIDGE_INCLUDE_${name} ${header} REQUIRED)
  add_library(${name}::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${name}::${name} PROPERTIES IMPORTED_LOCATION "${MOLBRIDGE_LIBRARY_${name}}"
    INTERFACE_INCLUDE_DIRECTORIES "${MOLBRIDGE_INCLUDE_${name}}")
endfunction()
molbridge_find_library(pcre2-8 pcre2.h)
molbridge_find_library(utf8proc utf8proc.h)
=======
find_package(Gomp REQUIRED)
>>>>>>> Stashed changes
find_package(Torch REQUIRED)
add_library(molbridge_torch INTERFACE) # one name for LibTorch, whatever its version calls its parts
target_link_libraries(molbridge_torch INTERFACE ${TORCH_LIBRARIES})
target_include_directories(molbridge_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
if(MOLBRIDGE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(MOLBRIDGE_BENCH)
  find_package(benchmark REQUIRED)
endif()
