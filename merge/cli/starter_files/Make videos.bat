@echo off
rem Double-click me, or drop another workbook on me.
rem What I do: check the workbook, show a proof in the browser, ask once, make the videos, show a report.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
title Make videos
set "PYTHONUTF8=1"
set "HERE=%~dp0"
set "OWN=%HERE%.castmerge\env\Scripts\python.exe"
set "WANTED=castmerge==@VERSION@"
set "CODE=2"

rem The name of a workbook goes by a variable: "call" would read a percent sign in it a second time.
set "CASTMERGE_WORKBOOK=%~f1"
if "%~1"=="" set "CASTMERGE_WORKBOOK="
if not defined CASTMERGE_WORKBOOK goto to_folder
if not exist "%CASTMERGE_WORKBOOK%" goto no_workbook

:to_folder
rem A folder on a network drive has no letter of its own until pushd gives it one.
pushd "%HERE%"
if errorlevel 1 goto no_folder

set "PY=@PYTHON@"
if not exist "%PY%" goto try_own
"%PY%" -c "import merge.cli.guide" >nul 2>nul
if not errorlevel 1 goto guide

:try_own
set "PY=%OWN%"
if not exist "%PY%" goto try_path
"%PY%" -c "import merge.cli.guide" >nul 2>nul
if not errorlevel 1 goto guide

:try_path
call castmerge guide --help >nul 2>nul
if errorlevel 1 goto set_up
call castmerge guide
goto done

:set_up
echo Setting up castmerge for the first time. This takes a minute or two.
set "FINDER=py"
py -3 -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul
if not errorlevel 1 goto make_environment
set "FINDER=python"
python -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul
if errorlevel 1 goto no_python

:make_environment
"%FINDER%" -m venv "%HERE%.castmerge\env"
if errorlevel 1 goto no_environment
for %%W in ("%HERE%castmerge-*.whl") do set "WANTED=%%~fW"
"%OWN%" -m pip install --quiet --disable-pip-version-check "%WANTED%"
if errorlevel 1 goto no_castmerge
set "PY=%OWN%"

:guide
"%PY%" -m merge guide
goto done

:done
set "CODE=%ERRORLEVEL%"
goto leave

:no_workbook
echo This workbook was not found: "%CASTMERGE_WORKBOOK%"
echo Put it into this folder, or take the sign "&" out of its name, and try again.
goto end

:no_folder
echo This folder cannot be opened: "%HERE%"
echo Copy it to a disk of this computer and start me there.
goto end

:no_python
echo Python 3.11 or newer is needed. Install it from https://www.python.org/downloads/ and start me again.
goto leave

:no_environment
echo The environment could not be made in "%HERE%.castmerge". Check that you may write into this folder.
goto leave

:no_castmerge
echo castmerge could not be installed. Check the internet connection and start me again.
goto leave

:leave
popd

:end
echo.
if not defined CASTMERGE_NO_PAUSE pause
endlocal & exit /b %CODE%
