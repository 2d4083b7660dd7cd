# molbridge_add_module(NAME <module> [DEPS <modules>] [LIBS <third-party, private>] [PUBLIC_LIBS <third-party>])
#
# Makes the library molbridge_<module> from *.cpp below the current folder and, with tests on, the executable <module>_test
# from *_test.cpp beside them. DEPS are public: a module sees the headers of what it depends on and of nothing else that is
# third-party.
function(molbridge_add_module)
  cmake_parse_arguments(M "" "NAME" "DEPS;LIBS;PUBLIC_LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(test_sources ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  list(FILTER test_sources INCLUDE REGEX "_test\\.cpp$")
  if(NOT sources) # a module that so far has headers only still is a target
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/empty.cpp" "")
    set(sources "${CMAKE_CURRENT_BINARY_DIR}/empty.cpp")
  endif()
  set(target molbridge_${M_NAME})
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  list(TRANSFORM M_DEPS PREPEND molbridge_)
  target_link_libraries(${target} PUBLIC ${M_DEPS} ${M_PUBLIC_LIBS} PRIVATE molbridge_internal_flags ${M_LIBS})
  if(MOLBRIDGE_TESTS AND test_sources)
    add_executable(${M_NAME}_test ${test_sources} "${CMAKE_SOURCE_DIR}/src/molbridge/test_main.cpp")
    target_link_libraries(${M_NAME}_test PRIVATE ${target} molbridge_internal_flags GTest::gtest GTest::gmock)
    target_compile_definitions(${M_NAME}_test PRIVATE MOLBRIDGE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${M_NAME}_test PROPERTIES LABELS "unit;${M_NAME}" DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
