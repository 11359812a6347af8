# cmake -DMODE=install|source -DPROGRAM=tiny_net|schedule -DBUILD=build folder -DSOURCE=source folder -DWORK=scratch folder -DGENERATOR=... -P run.cmake
# Builds PROGRAM as another project would, and runs it.

function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${what} failed (${code}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
set(configure ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${TYPE}
              -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
if(MODE STREQUAL "install")
  step("installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
  list(APPEND configure -DCMAKE_PREFIX_PATH=${WORK}/installed)
else()
  list(APPEND configure -DREPRISE_FROM_SOURCE=${SOURCE} -DREPRISE_MPI=${MPI})
endif()
step("configuring the consumer" ${configure})
step("building the consumer" ${CMAKE_COMMAND} --build ${WORK}/build --target ${PROGRAM})
step("running the consumer" ${WORK}/build/${PROGRAM})
message(STATUS "${output}")
if(MODE STREQUAL "install")
  step("listing papers with the installed program" ${CMAKE_COMMAND} -E env --unset=REPRISE_EXPERIMENTS --unset=REPRISE_SOURCE ${WORK}/installed/bin/reprise list)
endif()
