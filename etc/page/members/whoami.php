<?php
/* Who asks?  The web server has settled it: nobody else gets here. */
function fact(string $name): string
{
    return htmlspecialchars($_SERVER[$name] ?? '', ENT_QUOTES);
}
?>
<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Who am I?</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="../app.css">
</head>
<body>
  <main>
    <h1>Who am I?</h1>
    <p class="lead">What this program was told by the web server:</p>
    <dl class="facts stacked">
<?php foreach (['REMOTE_USER', 'POSTERN_USER_ID', 'POSTERN_EMAIL', 'POSTERN_SESSION_ID'] as $name): ?>
      <dt><?= $name ?></dt><dd><?= fact($name) ?></dd>
<?php endforeach ?>
    </dl>
    <p><a class="button" href="./">Back</a></p>
  </main>
</body>
</html>
