# Installs the programs, the libraries with their headers, the experiments' data files, and a package for find_package(reprise).
# Included after the libraries are declared and before the tests are.

include(CMakePackageConfigHelpers)

# The libraries reprise_* declared in a directory and below it.
function(reprise_libraries_below directory result)
  get_property(found DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  set(libraries "")
  foreach(target IN LISTS found)
    get_target_property(type ${target} TYPE)
    if(target MATCHES "^reprise_" AND type MATCHES "STATIC_LIBRARY|INTERFACE_LIBRARY")
      list(APPEND libraries ${target})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    reprise_libraries_below(${folder} below)
    list(APPEND libraries ${below})
  endforeach()
  set(${result} ${libraries} PARENT_SCOPE)
endfunction()

reprise_libraries_below(${PROJECT_SOURCE_DIR} reprise_all_libraries)
install(TARGETS ${reprise_all_libraries} EXPORT repriseTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(program reprise reprise_bench reprise_bench_ranks)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
foreach(folder suite datasets experiments reports)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reprise FILES_MATCHING PATTERN "*.hpp"
          PATTERN evidence EXCLUDE)
endforeach()

set(reprise_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/reprise)
install(EXPORT repriseTargets NAMESPACE reprise:: DESTINATION ${reprise_package_folder})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/repriseConfig.cmake.in ${PROJECT_BINARY_DIR}/repriseConfig.cmake
                              INSTALL_DESTINATION ${reprise_package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/repriseConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/repriseConfig.cmake ${PROJECT_BINARY_DIR}/repriseConfigVersion.cmake DESTINATION ${reprise_package_folder})
